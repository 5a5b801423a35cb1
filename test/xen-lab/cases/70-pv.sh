#!/bin/bash
# A PV guest is refused by name, and runs on; Xen's helper saves and restores it still.
# limit: 300 s
. /mnt/lib.sh

guest_config g1 type=pv wss=512 rate=500
create_guest g1

step 'xl save'
! LIBXL_SAVE_HELPER=$OURS xl -v save g1 "$WORK/image" > "$OUT/save.txt" 2>&1 || fail 'saved'
expect_said 'xl-save-helper: .*domain [0-9]+ is a PV domain' "$OUT/save.txt"
expect_said 'not supported' "$OUT/save.txt"
must no_helper
check_guest g1

step 'xl migrate'
! LIBXL_SAVE_HELPER=$OURS xl -v migrate -s '' g1 "$(receive_with "$STOCK" "$OUT/target.txt")" > "$OUT/migrate.txt" 2>&1 ||
  fail 'migrated'
expect_said 'xl-save-helper: .*domain [0-9]+ is a PV domain' "$OUT/migrate.txt"
wait_for 20 no_incoming g1 || fail 'the incoming copy is left'
must no_helper
check_guest g1

step 'xl save, stock'
LIBXL_SAVE_HELPER=$STOCK must xl save g1 "$WORK/image"
must no_domain g1

step 'xl restore'
! LIBXL_SAVE_HELPER=$OURS xl -v restore "$WORK/image" > "$OUT/restore.txt" 2>&1 || fail 'restored'
expect_said 'xl-save-helper: .*PV' "$OUT/restore.txt"
wait_for 20 no_domain g1 || fail 'the copy is left'
must no_helper

step 'xl restore, stock'
LIBXL_SAVE_HELPER=$STOCK must xl restore "$WORK/image"
check_guest g1
