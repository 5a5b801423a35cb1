#!/bin/bash
# A live migration with mig's helper at the target fails in all the ways it can: nothing of it is left at the target, no
# helper outlives its xl, and the guest runs at the source.
# limit: 600 s
. /mnt/lib.sh

guest_config g1 wss=512 rate=500
create_guest g1
export LIBXL_SAVE_HELPER=$STOCK

# A stream that stops on its way, until $WORK/go is there.
gate="{ head -c 20000000; touch $WORK/stalled; while ! [ -e $WORK/go ]; do sleep 0.1; done; cat; }"

# start LOG COMMAND: xl migrate in the background. The COMMAND stands before the receiver.
start() {
  step "$1"
  LOG=$OUT/$1.txt
  TARGET_LOG=$OUT/$1-target.txt
  rm -f "$WORK/go" "$WORK/stalled"
  xl -v migrate -s '' g1 "$(receive_with "$OURS" "$TARGET_LOG" "$2")" > "$LOG" 2>&1 &
  XL=$!
}

# start_stalled LOG: until the target has its 20 MB and waits for more.
start_stalled() {
  start "$1" "$gate"
  wait_for 120 test -e "$WORK/stalled" || fail 'no stream'
  # What is in the pipe then is not much.
  sleep 1
}

failed() {
  must_end "$XL" 60 1
  expect_said 'Migration failed, resuming at sender' "$LOG"
}

receiver_pid() { cat "$WORK/receiver.pid"; }

no_restore_helper() { ! restore_helper > /dev/null; }

# Xen's save helper does not turn log-dirty off when SIGPIPE ends it: reading the state does.
check_runs() {
  wait_for 20 no_helper || fail "left: $(pgrep -fa -- "$HELPER")"
  echo "log-dirty was $(log_dirty_of g1)"
  check_guest g1
}

start stream-cut 'head -c 20000000'
failed
wait_for 20 no_incoming g1 || fail 'the incoming copy is left'
expect_said 'xl-save-helper: .*end' "$TARGET_LOG"
check_runs

start_stalled source-KILL
kill -KILL "$XL"
touch "$WORK/go"
wait_for 30 no_incoming g1 || fail 'the incoming copy is left'
wait_for 10 no_restore_helper || fail 'the restore helper is left'
check_runs

start_stalled restore-helper-TERM
kill -TERM "$(restore_helper)"
touch "$WORK/go"
failed
wait_for 20 no_incoming g1 || fail 'the incoming copy is left'
check_runs

MIG_PROGRESS_TIMEOUT=5 start timeout "$gate"
wait_said 60 'no bytes of the stream came' "$TARGET_LOG"
wait_for 20 no_incoming g1 || fail 'the incoming copy is left'
touch "$WORK/go"
failed
check_runs

# A helper of Xen's would read on, and the source suspend its guest for good.
start_stalled receiver-KILL
kill -KILL "$(receiver_pid)"
wait_for 10 no_restore_helper || fail "the restore helper outlives its xl: $(pgrep -fa -- --restore-domain)"
touch "$WORK/go"
failed
# Stock xl that is killed leaves it.
xl destroy g1--incoming
wait_for 20 no_incoming g1 || fail 'the incoming copy is left'
check_runs

migrate at-last g1 "$STOCK" "$OURS"
check_guest g1
