#!/bin/bash
# A guest gives memory back and takes it in again while it is sent. All of it is compared at the target, once it is suspended.
# limit: 400 s
. /mnt/lib.sh

guest_config g1 memory=192 wss=512 rate=500
create_guest g1

memory_of() { xl list "$1" | awk 'NR > 1 { print $3 }'; }
has_at_most() { [ "$(memory_of g1)" -le "$1" ] 2> /dev/null; }
has_at_least() { [ "$(memory_of g1)" -ge "$1" ] 2> /dev/null; }

step 'down and up while it is sent'
# So slowly that memory goes in the first live pass, and so often that it comes in one of the others: what goes and comes in one
# pass is not seen to have done so.
export MIG_BANDWIDTH=10MB/s MIG_PRECOPY_THRESHOLD=0 MIG_PRECOPY_ITERATIONS=100
{
  wait_said "$PATIENCE" "Stream v2" "$OUT/moving-target.txt"
  must xl mem-set g1 128
  wait_for 60 has_at_most 135 || fail "g1 still has $(memory_of g1) MB"
  wait_said "$PATIENCE" 'iteration 0' "$OUT/moving-source.txt"
  must xl mem-set g1 192
  wait_for 60 has_at_least 185 || fail "g1 has $(memory_of g1) MB"
  echo "g1 has $(memory_of g1) MB again, and is still being sent: $(save_helper)"
} > "$OUT/setter.txt" 2>&1 &
setter=$!
receiver=$(receive_with "$OURS" "$OUT/moving-target.txt")
LIBXL_SAVE_HELPER=$OURS xl -vvv migrate --debug -s '' g1 "$receiver" > "$OUT/moving-source.txt" 2>&1 || {
  tail -n 20 "$OUT/moving-source.txt" "$OUT/moving-target.txt" "$OUT/setter.txt"
  fail "status $? of the migration"
}
wait $setter || { cat "$OUT/setter.txt"; fail 'its memory was not set'; }
cat "$OUT/setter.txt"
grep -q 'still being sent: [0-9]' "$OUT/setter.txt" || fail 'it was not sent any more'
helped_by "$OURS" "$OUT/moving-source.txt"
check_guest g1
expect_said 'iteration [0-9]* \(verify\)' "$OUT/moving-source.txt"
expect_said '[0-9]+ pages came in while the guest ran' "$OUT/moving-source.txt"
saw "$(sed -n 's/^xl-save-helper: .* \([0-9]* pages came in\).*/\1/p' "$OUT/moving-source.txt")"
saw "$(sed -n 's/^xl-save-helper: .*time spent: .*\(types [0-9.]* ms\).*/\1/p' "$OUT/moving-source.txt")"
