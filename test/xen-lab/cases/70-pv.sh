#!/bin/bash
# A PV guest: mig's helper becomes Xen's own, which saves and restores it; mig's own xl is in 72.
# limit: 300 s
. /mnt/lib.sh

guest_config g1 type=pv wss=512 rate=500
create_guest g1

step 'xl migrate, as by Xen alone: there is no log of its writes'
! LIBXL_SAVE_HELPER=$OURS xl -vvv migrate -s '' g1 "$(receive_with "$OURS" "$OUT/target.txt")" > "$OUT/migrate.txt" 2>&1 ||
  fail 'migrated'
helped_by "$STOCK" "$OUT/migrate.txt"
expect_said 'Failed to enable logdirty' "$OUT/migrate.txt"
wait_for 20 no_incoming g1 || fail 'the incoming copy is left'
must no_helper
check_guest g1

step 'xl save'
LIBXL_SAVE_HELPER=$OURS must xl -vvv save g1 "$WORK/image" > "$OUT/save.txt" 2>&1
helped_by "$STOCK" "$OUT/save.txt"
must no_domain g1
must no_helper
verify_image "$WORK/image"

step 'xl restore'
LIBXL_SAVE_HELPER=$OURS must xl -vvv restore "$WORK/image" > "$OUT/restore.txt" 2>&1
helped_by "$STOCK" "$OUT/restore.txt"
check_guest g1
must no_helper
