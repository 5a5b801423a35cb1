#!/bin/bash
# What other commands do to a copy that has arrived and waits for permission: it does not run before, or not at all.
# limit: 3000 s
. /mnt/lib.sh

guest_config g1 wss=512 rate=500
create_guest g1

# mig's receiver, whose words after the banner are held back until $WORK/go is there.
cat > "$WORK/receive.sh" << END
#!/bin/bash
$MIG/mig migrate-receive --permission-timeout 600 2> $WORK/target.txt |
  { head -c 54; until [ -e $WORK/go ]; do sleep 0.2; done; exec cat; }
END
chmod +x "$WORK/receive.sh"

is_incoming() { xenstore-read "/libxl/$(xl domid g1--incoming 2> /dev/null)/mig" 2> /dev/null | grep -q '"incoming"'; }

# begin NAME: a migration of g1 by mig, in the background, until its copy has arrived.
begin() {
  step "$1"
  rm -f "$WORK/go"
  "$MIG/mig" migrate --json -s '' --ready-timeout 600 g1 "$WORK/receive.sh" > "$OUT/$1.json" 2> "$OUT/$1.txt" &
  migration=$!
  wait_for 900 is_incoming || { cat "$WORK/target.txt"; fail 'the copy has not arrived'; }
}

go() { touch "$WORK/go"; }

# must_fail WORDS COMMAND...: it is refused, and says why.
must_fail() {
  local words=$1
  shift
  if "$@" > "$OUT/must-fail.txt" 2>&1; then fail "not refused: $*"; fi
  expect_said "$words" "$OUT/must-fail.txt"
  echo "refused: $* : $(grep -E -- "$words" "$OUT/must-fail.txt" | head -1)"
}

begin incoming
must_fail 'arriving' "$MIG/mig" migrate -s '' g1--incoming "$WORK/receive.sh"
must_fail 'arriving' "$MIG/mig" resume g1--incoming
must xl unpause g1--incoming
expect_silence g1 4
go
must_end $migration 300 0
saw 'xl unpause NAME--incoming, once: it does not run before permission'
check_guest g1

begin incoming-run
must xl unpause g1--incoming
must xl unpause g1--incoming
wait_ticks g1 3
go
must_end $migration 300 1
cp "$WORK/target.txt" "$OUT/incoming-run-target.txt"
expect_said 'was unpaused by another command, and has run' "$OUT/incoming-run-target.txt"
saw 'twice: the target refuses it, the source has it back'
check_kept g1

# --- a receiver that is killed leaves a copy that does not run

begin killed-target
kill -KILL "$(pgrep -of 'mig migrate-receive')"
go
must_end $migration 300 1
copy=$(xl domid g1--incoming 2> /dev/null) && saw 'the copy of a killed receiver is left, paused'
[ -z "$copy" ] || must xl destroy "$copy"
check_kept g1
