#!/bin/bash
# A domain that mig has received is looked after: it comes again after a reboot, and goes after a power-off.
# limit: 420 s
. /mnt/lib.sh

guest_config g1 wss=64 rate=50
create_guest g1
step 'xl migrate, stock to ours'
must xl migrate -s '' g1 "$(receiver ours "$MIG/mig" migrate-receive)"
check_guest g1
before=$(xl domid g1)

is_another() { local domid; domid=$(xl domid g1 2> /dev/null) && [ "$domid" != "$before" ]; }

step 'xl reboot'
must xl reboot g1
wait_for 120 is_another || { cat /var/log/xen/xl-g1*.log; fail 'it did not come again after a reboot'; }
wait_ticks g1 3
saw "another domain after a reboot"

step 'xl shutdown'
must xl shutdown g1
wait_for 120 no_domain g1 || { cat /var/log/xen/xl-g1*.log; fail 'it is still there after a power-off'; }
cp /var/log/xen/xl-g1*.log "$OUT/"
saw "gone after a power-off"
