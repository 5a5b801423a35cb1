#!/bin/bash
# xl save and xl restore of stock xl: what mig's helper saves Xen's verifier accepts and Xen's helper restores, and the
# other way round; a checkpoint leaves the guest running.
# limit: 400 s
. /mnt/lib.sh

guest_config g1 wss=512 rate=500
create_guest g1

# save HELPER IMAGE [-c]
save() {
  step "xl save ${3:-} to $2"
  LIBXL_SAVE_HELPER=$1 must xl -vvv save ${3:+"$3"} g1 "$WORK/$2" > "$OUT/save-$2.txt" 2>&1
  helped_by "$1" "$OUT/save-$2.txt"
  echo "$2: $(stat -c %s "$WORK/$2") bytes"
}

# restore HELPER IMAGE
restore() {
  step "xl restore of $2"
  must no_domain g1
  LIBXL_SAVE_HELPER=$1 must xl -vvv restore "$WORK/$2" > "$OUT/restore-$2.txt" 2>&1
  helped_by "$1" "$OUT/restore-$2.txt"
  check_guest g1
}

save "$OURS" checkpoint -c
check_still_here g1

save "$OURS" ours
verify_image "$WORK/ours"
restore "$STOCK" ours

save "$STOCK" stock
restore "$OURS" stock

destroy_guest g1
restore "$OURS" checkpoint
must no_helper
saw "image of ours $(stat -c %s "$WORK/ours") bytes, of stock $(stat -c %s "$WORK/stock")"
