#!/bin/bash
# Runs the cases of plan.txt in dom0, each in its own time and folder. A line of out/verdicts.txt for each:
#   PASS NAME SECONDS WHAT IT SAW
#   FAIL NAME SECONDS WHY
. /mnt/clean.sh
. /mnt/lib-peer.sh
verdicts=/mnt/out/verdicts.txt

run_case() {
  local name=$1 limit=$2 out=/mnt/out/$1 began=$SECONDS status why=
  mkdir -p "$out"
  CASE=$name OUT=$out timeout --kill-after=5 "$limit" bash "/mnt/cases/$name.sh" > "$out/log.txt" 2>&1 < /dev/null
  status=$?
  local seconds=$((SECONDS - began))
  if [ $status = 124 ] || [ $status = 137 ]; then
    why="not over after $limit s; last step: $(grep -a '^== ' "$out/log.txt" | tail -1)"
  elif [ $status != 0 ]; then
    why=$(grep -a '^FAILED: ' "$out/log.txt" | tail -1)
    why=${why:-status $status, without a word; see log.txt}
  fi
  clean_up "$out" || why=${why:-a domain is left that cannot be destroyed}
  clean_up_peer "$name" || why=${why:-the other host cannot be cleaned up}
  local verdict="PASS $name $seconds $(cat "$out/saw.txt" 2>/dev/null)"
  [ -z "$why" ] || verdict="FAIL $name $seconds ${why#FAILED: }"
  echo "$verdict" | tee -a $verdicts
  # For whoever watches from outside.
  echo "$verdict" > /dev/console
}

# Where xl has its lock; a whole Debian makes it when it starts.
mkdir -p /root/case /run/lock
meet_peer || echo 'the other host does not answer'
while read -r name limit <&3; do
  run_case "$name" "$limit"
done 3< /mnt/plan.txt
dismiss_peer
