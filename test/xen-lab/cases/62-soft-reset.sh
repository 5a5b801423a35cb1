#!/bin/bash
# An HVM domain that mig has received is reset where its configuration wants that and it asks for it, as the stock xl does.
# limit: 900 s
PATIENCE=400
. /mnt/lib.sh

guest_config g1 type=hvm memory=128 wss=64 rate=50
echo 'on_soft_reset = "soft-reset"' >> "$WORK/g1.cfg"
create_guest g1
step 'xl migrate, stock to ours'
must xl migrate -s '' g1 "$(receiver ours "$MIG/mig" migrate-receive)"
check_guest g1

step 'soft reset'
before=$(xl domid g1)
must node /mnt/shut-down.mjs "$before" soft-reset
says_reset() { grep -q "domain $before has shut down, reason soft_reset: soft_reset" /var/log/xen/xl-g1.log; }
wait_for 30 says_reset || { cat /var/log/xen/xl-g1.log; fail 'nobody was told'; }
is_attended_again() { [ "$(grep -c 'waiting for domain g1' /var/log/xen/xl-g1.log)" = 2 ]; }
wait_for 120 is_attended_again || { cat /var/log/xen/xl-g1.log; fail 'it was not reset'; }
[ "$(xl domid g1)" = "$before" ] || fail 'it is another domain'
xl list
saw "reset, $(state_of g1)"

step 'xl destroy'
must xl destroy g1
nobody_waits() { ! pgrep -f libxl-monitor > /dev/null; }
wait_for 60 nobody_waits || fail 'somebody still waits for the end of a domain that is gone'
