#!/bin/bash
# An HVM guest with a device model: migrated live with mig's helper at the source, at the target and at both; a migration
# that fails leaves nothing logged; saved and restored.
# limit: 1200 s
PATIENCE=600
. /mnt/lib.sh

guest_config g1 type=hvm memory=112 wss=512 rate=200
create_guest g1

# switches LOG: how often the device model was told to begin logging, or to stop.
switches() { grep -ac "libxl__ev_qmp_send.*'xen-set-global-dirty-log'" "$OUT/$1-source.txt"; }

# one LOG SOURCE TARGET
one() {
  local began
  began=$(milliseconds)
  migrate "$1" g1 "$2" "$3"
  saw "$1 $(seconds_since "$began") s"
  [ "$(switches "$1")" = 2 ] || fail "the device model was told $(switches "$1") times, not twice"
  check_guest g1
  saw "downtime $(downtime_of g1 "$began") ms"
}

one source "$OURS" "$STOCK"
one target "$STOCK" "$OURS"
one both "$OURS" "$OURS"
[ "$(log_dirty_of g1)" = off ] || fail 'log-dirty is on'

step 'xl migrate, the stream is cut'
! LIBXL_SAVE_HELPER=$OURS xl -vvv migrate -s '' g1 "$(receive_with "$STOCK" "$OUT/cut-target.txt" 'head -c 20000000')" \
  > "$OUT/cut-source.txt" 2>&1 || fail 'migrated'
[ "$(switches cut)" = 2 ] || fail "the device model was told $(switches cut) times, not twice"
check_kept g1

step 'xl save'
LIBXL_SAVE_HELPER=$OURS must xl -v save g1 "$WORK/image" > "$OUT/save.txt" 2>&1
helped_by "$OURS" "$OUT/save.txt"
verify_image "$WORK/image"
step 'xl restore'
LIBXL_SAVE_HELPER=$OURS must xl -v restore "$WORK/image" > "$OUT/restore.txt" 2>&1
helped_by "$OURS" "$OUT/restore.txt"
check_guest g1
must no_helper
