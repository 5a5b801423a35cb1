#!/bin/bash
# An HVM guest with a device model: migrated live with mig's helper at both ends, saved and restored with it.
# takes: 180 s on a quiet machine, at most 900 s
PATIENCE=400
. /mnt/lib.sh

guest_config g1 type=hvm memory=112 wss=512 rate=200
create_guest g1

migrate live g1 "$OURS" "$OURS"
check_guest g1
saw "ours: downtime $(downtime_of g1) ms"
[ "$(log_dirty_of g1)" = off ] || fail 'log-dirty is on'

step 'xl save'
LIBXL_SAVE_HELPER=$OURS must xl -v save g1 "$WORK/image" > "$OUT/save.txt" 2>&1
helped_by "$OURS" "$OUT/save.txt"
verify_image "$WORK/image"
step 'xl restore'
LIBXL_SAVE_HELPER=$OURS must xl -v restore "$WORK/image" > "$OUT/restore.txt" 2>&1
helped_by "$OURS" "$OUT/restore.txt"
check_guest g1
must no_helper
