#!/bin/bash
# The lab itself: stock Xen saves, restores and migrates a guest, which finds all its memory as it was.
# limit: 600 s
. /mnt/lib.sh

guest_config g1 wss=1024 rate=1000
create_guest g1

step 'xl save, stock'
must xl save g1 "$WORK/image"
wait_for 30 no_domain g1 || fail 'g1 is still there after xl save'
verify_image "$WORK/image"

step 'xl restore, stock'
must xl restore "$WORK/image"
check_guest g1

step 'xl migrate, stock to stock'
began=$(milliseconds)
must xl migrate -s '' g1 "$(receiver stock xl migrate-receive)"
saw "stock migration: $(seconds_since "$began") s"
check_guest g1
saw "downtime $(downtime_of g1 "$began") ms, longest pause $(longest_pause_of g1 "$began") ms"
