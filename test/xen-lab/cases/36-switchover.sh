#!/bin/bash
# A switchover in the first pass, which leaves most of memory to the suspended guest; the helper's own settings under stock xl.
# limit: 600 s
. /mnt/lib.sh

guest_config g1 wss=512 rate=500
create_guest g1
mig=$MIG/mig

start_slowly switchover
must "$mig" migrate-switchover --now g1
must_end $migration 180 0
[ "$(field "$OUT/switchover.jsonl" reason)" = operator ] || fail "not the operator: $(tail -n 1 "$OUT/switchover.jsonl" | cut -c 1-300)"
check_guest g1
saw "switchover: downtime $(field "$OUT/switchover.jsonl" downtimeMilliseconds) ms"

# The helper alone, under the stock xl.
step 'stock xl, our helper, busy'
! MIG_ABORT_IF_BUSY=1 MIG_PRECOPY_ITERATIONS=2 MIG_PRECOPY_THRESHOLD=0 LIBXL_SAVE_HELPER=$OURS xl -vvv migrate -s '' g1 \
  "$(receive_with "$STOCK" "$OUT/helper-busy-target.txt")" > "$OUT/helper-busy.txt" 2>&1 || fail 'migrated'
expect_said 'the domain is busy \(iterations\): 2 live passes made' "$OUT/helper-busy.txt"
check_kept g1
