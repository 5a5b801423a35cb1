#!/bin/bash
# A guest with two vcpus, with mig's helper at both ends; and with every page sent once more to be compared.
# limit: 300 s
. /mnt/lib.sh

guest_config g1 vcpus=2 wss=512 rate=500
create_guest g1
began=$(milliseconds)
migrate two-vcpus g1 "$OURS" "$OURS"
saw "$(seconds_since "$began") s"
check_guest g1
saw "downtime $(downtime_of g1 "$began") ms"
[ "$(xl vcpu-list g1 | grep -c '^g1 ')" = 2 ] || fail 'not 2 vcpus'

# What our helper sends a second time Xen's compares.
step 'xl migrate --debug'
began=$(milliseconds)
LIBXL_SAVE_HELPER=$OURS must xl -v migrate --debug -s '' g1 "$(receive_with "$STOCK" "$OUT/debug-target.txt")" \
  > "$OUT/debug-source.txt" 2>&1
expect_said 'iteration [0-9]* \(verify\)' "$OUT/debug-source.txt"
check_guest g1
saw "--debug: downtime $(downtime_of g1 "$began") ms"
