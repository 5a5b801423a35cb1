#!/bin/bash
# A guest that does not listen when it is asked to suspend: the migration fails after libxl's minute, the guest runs on.
# limit: 300 s
. /mnt/lib.sh

guest_config g1 wss=512 rate=500 deaf
create_guest g1

step 'xl migrate'
began=$(milliseconds)
status=0
LIBXL_SAVE_HELPER=$OURS xl -v migrate -s '' g1 "$(receive_with "$STOCK" "$OUT/target.txt")" > "$OUT/source.txt" 2>&1 ||
  status=$?
saw "status $status after $(seconds_since "$began") s"
[ $status = 1 ] || fail "status $status, not 1"
# libxl cancels the request, and then says that the domain is suspended: the helper has to look for itself.
expect_said "guest didn't acknowledge suspend, cancelling request" "$OUT/source.txt"
expect_said '^xl-save-helper: error: .*suspend' "$OUT/source.txt"
expect_said 'Migration failed, failed to suspend at sender' "$OUT/source.txt"
check_kept g1
