#!/bin/bash
# A live migration with mig's helper at the source fails in all the ways it can: the guest stays, runs, and its writes are
# no longer logged; no helper outlives its xl.
# limit: 600 s
. /mnt/lib.sh

guest_config g1 wss=512 rate=500
create_guest g1

# Such a migration never comes to its end by itself.
export MIG_PRECOPY_ITERATIONS=1000000 MIG_PRECOPY_THRESHOLD=0 LIBXL_SAVE_HELPER=$OURS

# start LOG RECEIVER: xl migrate in the background.
start() {
  LOG=$OUT/$1.txt
  xl -v migrate -s '' g1 "$2" > "$LOG" 2>&1 &
  XL=$!
}

# start_for_ever LOG [COMMAND]: until it is in the midst of a live pass. The COMMAND stands before the receiver.
start_for_ever() {
  step "$1"
  start "$1" "$(receive_with "$STOCK" "$OUT/$1-target.txt" "${@:2}")"
  wait_said 120 'Restoring domain' "$OUT/$1-target.txt"
  sleep 1
}

# failed: as a migration that xl itself has seen fail. What our helper reports before the guest was suspended libxl takes
# for a suspension that failed, and has nothing to resume; of a helper that died it does not know.
failed() {
  must_end "$XL" 60 1
  expect_said 'Migration failed, (resuming|failed to suspend) at sender' "$LOG"
}

receiver_pid() { cat "$WORK/receiver.pid"; }

step 'no banner'
start no-banner "$(receiver none 'exit 7')"
must_end "$XL" 60 1
check_kept g1

start_for_ever stream-cut 'head -c 30000000'
failed
expect_said 'xl-save-helper: error: .*EPIPE' "$LOG"
check_kept g1

start_for_ever receiver-TERM
# Together: Xen's own restore helper would read on without its xl.
kill -TERM "$(receiver_pid)" "$(restore_helper)"
failed
# Stock xl that is killed leaves it.
xl destroy g1--incoming
check_kept g1

start_for_ever restore-helper-KILL
kill -KILL "$(restore_helper)"
failed
check_kept g1

start_for_ever save-helper-TERM
kill -TERM "$(save_helper)"
failed
check_kept g1

start_for_ever save-helper-KILL
kill -KILL "$(save_helper)"
failed
# Nobody was left to turn it off; the next migration does.
wait_for 20 no_incoming g1 || fail 'the incoming copy of g1 is left'
must no_helper
saw "log-dirty after SIGKILL of the helper: $(log_dirty_of g1)"
check_guest g1

start_for_ever xl-KILL
killed=$(milliseconds)
kill -KILL "$XL"
wait_for 20 no_helper || fail "left: $(pgrep -fa -- "$HELPER")"
saw "helper gone $(seconds_since "$killed") s after its xl"
check_kept g1

no_save_helper() { ! save_helper > /dev/null; }

# start_stalled LOG: until the target takes nothing any more.
stall='{ head -c 20000000; exec sleep 1000; }'
start_stalled() {
  step "$1"
  start "$1" "$(receive_with "$STOCK" "$OUT/$1-target.txt" "$stall")"
  wait_for 120 pgrep -f 'sleep 1000' > /dev/null || fail 'no stream'
  sleep 1
}

# It waits for the stream then.
start_stalled stalled-xl-KILL
kill -KILL "$XL"
wait_for 20 no_save_helper || fail 'the save helper outlives its xl'
pkill -f 'sleep 1000'
check_kept g1

export MIG_PROGRESS_TIMEOUT=5
start_stalled timeout
wait_said 60 'the stream took no bytes' "$LOG"
pkill -f 'sleep 1000'
failed
check_kept g1
unset MIG_PROGRESS_TIMEOUT

# Nothing of all this is in the way of a migration.
export MIG_PRECOPY_ITERATIONS=5
migrate at-last g1 "$OURS" "$STOCK"
check_guest g1
