#!/bin/bash
# A domain that mig has received is attended to: it comes again after a reboot, and who waited goes when it is destroyed.
# limit: 600 s
. /mnt/lib.sh

guest_config g1 wss=64 rate=50
create_guest g1
step 'xl migrate, stock to ours'
must xl migrate -s '' g1 "$(receiver ours "$MIG/mig" migrate-receive)"
check_guest g1
before=$(xl domid g1)

is_another() {
  local domid
  domid=$(xl domid g1 2> /dev/null) && [ "$domid" != "$before" ]
}

step 'xl reboot'
must xl reboot g1
wait_for 240 is_another || { cat /var/log/xen/xl-g1*.log; fail 'it did not come again after a reboot'; }
wait_ticks g1 3
saw "another domain after a reboot"

step 'xl destroy'
must xl destroy g1
nobody_waits() { ! pgrep -f libxl-monitor > /dev/null; }
wait_for 60 nobody_waits || fail 'somebody still waits for the end of a domain that is gone'
cp /var/log/xen/xl-g1*.log "$OUT/"
