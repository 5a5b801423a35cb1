#!/bin/bash
# The operator's say on Xen: goals and limits, a bandwidth, status, settings and abort while it runs, the trace, dirty-rate.
# limit: 900 s
. /mnt/lib.sh

guest_config g1 wss=512 rate=500
create_guest g1
mig=$MIG/mig

# ended STATUS LOG OPTION...: xl migrate to ours, with that status.
ended() {
  local expected=$1 log=$2 status=0
  shift 2
  step "$log: migrate $*"
  "$mig" migrate --json "$@" -s '' g1 "$(receiver "$log" "$mig" migrate-receive)" > "$OUT/$log.jsonl" 2> "$OUT/$log.txt" || status=$?
  [ $status = "$expected" ] && return
  tail -n 3 "$OUT/$log.jsonl" "$OUT/$log.txt"
  fail "$log: status $status, not $expected"
}

ended 2 nonsense --abort-if-busy -i 0
check_kept g1

ended 6 busy --abort-if-busy -i 2 -d 0
[ "$(field "$OUT/busy.jsonl" reason)" = busy ] || fail "not busy: $(tail -n 1 "$OUT/busy.jsonl")"
check_kept g1

ended 7 timeout --timeout 2 --timeout-action abort --bandwidth 1MB/s
[ "$(field "$OUT/timeout.jsonl" reason)" = timeout ] || fail "no timeout: $(tail -n 1 "$OUT/timeout.jsonl")"
check_kept g1

start_slowly abort
must "$mig" migrate-status --json g1 > "$OUT/status.json"
expect_said '"phase":"precopy"' "$OUT/status.json"
must "$mig" migrate-set --bandwidth 2MB/s g1 > "$OUT/set.txt"
expect_said '16 Mbit/s' "$OUT/set.txt"
"$mig" migrate-switchover g1 > "$OUT/switchover-refused.txt" 2>&1 && fail 'a switchover in the first pass was not refused'
expect_said 'first pass' "$OUT/switchover-refused.txt"
must "$mig" migrate-abort g1 > "$OUT/abort-said.txt" 2>&1
must_end $migration 60 7
check_kept g1
saw 'status, set and abort while it ran'

step 'dirty-rate'
must "$mig" dirty-rate --period 4 --json g1 > "$OUT/dirty-rate.json"
cat "$OUT/dirty-rate.json"
check_still_here g1
saw "working set $(field "$OUT/dirty-rate.json" workingSetPages) pages"

# The bandwidth holds: 96 MiB at 24 MB/s take 4 s at least.
ended 0 moved --bandwidth 24MB/s --max-downtime 60000 --trace "$WORK/trace" --trace-bitmaps
[ "$(field "$OUT/moved.jsonl" octetsSent)" -gt 100000000 ] || fail 'too little was sent'
awk -v ms="$(field "$OUT/moved.jsonl" totalMilliseconds)" 'BEGIN { exit !(ms >= 4000) }' || fail 'faster than its bandwidth'
must "$mig" trace show "$WORK/trace" > "$OUT/trace.txt"
expect_said 'log read after pass 0: [0-9]+ pages dirty' "$OUT/trace.txt"
expect_said 'complete: ' "$OUT/trace.txt"
check_guest g1
saw "with a bandwidth of 24 MB/s: $(grep -o '"explanation":"[^"]*"' "$OUT/moved.jsonl" | tail -n 1)"
