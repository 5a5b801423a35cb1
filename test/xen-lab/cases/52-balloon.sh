#!/bin/bash
# A guest whose balloon is blown up, before its migration and in the midst of it; with mig's helper at each end in turn.
# limit: 400 s
. /mnt/lib.sh

guest_config g1 memory=192 wss=512 rate=500
create_guest g1

memory_of() { xl list "$1" | awk 'NR > 1 { print $3 }'; }
has_memory() { [ "$(memory_of g1)" -le "$1" ] 2> /dev/null; }

step 'xl mem-set before'
must xl mem-set g1 160
wait_for 60 has_memory 161 || fail "g1 still has $(memory_of g1) MB"
migrate before g1 "$OURS" "$STOCK"
check_guest g1
saw "with $(memory_of g1) MB"

step 'xl mem-set in the midst of it'
export MIG_PRECOPY_THRESHOLD=0 MIG_PRECOPY_ITERATIONS=15
{
  wait_said "$PATIENCE" 'Restoring domain' "$OUT/during-target.txt"
  must xl mem-set g1 128
  # It gives pages back while they are being sent.
  wait_for 30 has_memory 155 || fail "g1 still has $(memory_of g1) MB"
  echo "g1 has $(memory_of g1) MB, and is still being sent: $(save_helper)"
} &
setter=$!
migrate during g1 "$OURS" "$STOCK"
must wait $setter
check_guest g1
# The configuration that went ahead had the memory of before, which is what it is asked to have at the target.
saw "then $(memory_of g1) MB"

migrate back g1 "$STOCK" "$OURS"
check_guest g1
must xl mem-set g1 160
check_guest g1
