#!/bin/bash
# The lab itself: stock Xen migrates a guest to another host over ssh, and back.
# limit: 900 s
. /mnt/two-hosts.sh

guest_config g1 wss=1024 rate=1000
create_guest g1

step 'xl migrate to host2, stock to stock'
began=$(milliseconds)
must xl migrate g1 host2
saw "there: $(seconds_since "$began") s"
must no_domain g1
on_host2 check_guest g1
fetch_console g1
saw "downtime $(downtime_of g1 "$began") ms"

step 'xl migrate back to host1, stock to stock'
began=$(milliseconds)
on_host2 must xl migrate g1 host1
saw "back: $(seconds_since "$began") s"
check_guest g1
