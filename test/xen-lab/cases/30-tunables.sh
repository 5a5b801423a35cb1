#!/bin/bash
# What MIG_PRECOPY_ITERATIONS and MIG_PRECOPY_THRESHOLD say is what the live passes do; what cannot be meant is refused by
# name before anything is touched.
# limit: 500 s
. /mnt/lib.sh

guest_config g1 wss=512 rate=500
create_guest g1

# tuned LOG ITERATIONS THRESHOLD PASSES: so many live passes are expected. A THRESHOLD of '' is not set.
tuned() {
  local began log=$OUT/$1-source.txt found
  began=$(milliseconds)
  export MIG_PRECOPY_ITERATIONS=$2 MIG_PRECOPY_THRESHOLD=$3
  [ -n "$3" ] || unset MIG_PRECOPY_THRESHOLD
  migrate "$1" g1 "$OURS" "$STOCK"
  unset MIG_PRECOPY_ITERATIONS MIG_PRECOPY_THRESHOLD
  check_guest g1
  found=$(passes precopy "$log")
  grep -a 'iteration\|precopy ends\|image of' "$log" | sed 's/^/  /'
  [ "$found" = "$4" ] || fail "$1: $found live passes, not $4"
  [ "$(passes stop-and-copy "$log")" = 1 ] || fail "$1: not one pass of a suspended guest"
  saw "$1: $4 passes, dirty $(dirty_counts "$log"), downtime $(downtime_of g1 "$began") ms," \
    "$(lost_ticks "$began") ticks lost"
}

# lost_ticks MS: of the ten a second, since then in the longest pause.
lost_ticks() { echo $(($(longest_pause_of g1 "$1") / 100)); }

tuned 'iterations-1' 1 0 1
tuned 'iterations-5' 5 0 5
tuned 'iterations-20' 20 0 20
tuned 'iterations-0' 0 0 0

# The environment's word counts before the file's.
printf 'MIG_PRECOPY_ITERATIONS=0\nMIG_PRECOPY_THRESHOLD=10000\n' > "$WORK/settings"
MIG_SETTINGS=$WORK/settings tuned 'threshold-10000' 20 '' 1
expect_said 'precopy ends: [0-9]+ pages dirty after 1 live pass; the threshold is 10000' "$OUT/threshold-10000-source.txt"

# refused NAME VALUE: from the environment. The helper is run as libxl runs it; the answer to its last word awaits it.
refused() {
  env "$1=$2" "$OURS" --save-domain 9 0 "$(xl domid g1)" 1 136 0 9> "$WORK/stream" < "$WORK/answer" > "$WORK/said" 2>&1
  grep -aqF "$1 must be a whole number of " "$WORK/said" || {
    tr -c '[:print:]' ' ' < "$WORK/said"
    fail "$1='$2' is not refused by name"
  }
  [ ! -s "$WORK/stream" ] || fail "$1='$2': something was sent"
}

step 'values that cannot be meant'
printf '\0\0\0\0' > "$WORK/answer"
for value in 5x -1 '' 9007199254740993; do refused MIG_PRECOPY_ITERATIONS "$value"; done
refused MIG_PRECOPY_THRESHOLD 9007199254740992
refused MIG_PROGRESS_TIMEOUT 1m

step 'xl migrate, the value in a file'
printf 'MIG_PRECOPY_ITERATIONS=5x\n' > "$WORK/settings"
! LIBXL_SAVE_HELPER=$OURS MIG_SETTINGS=$WORK/settings xl migrate -s '' g1 \
  "$(receive_with "$STOCK" "$OUT/refused-target.txt")" > "$OUT/refused.txt" 2>&1 || fail 'migrated'
cat "$OUT/refused.txt"
expect_said "MIG_PRECOPY_ITERATIONS must be a whole number of passes from 0 up, for example 10, not '5x' \($WORK/settings\)" "$OUT/refused.txt"
check_kept g1
