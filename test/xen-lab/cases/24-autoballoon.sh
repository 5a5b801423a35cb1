#!/bin/bash
# Domain 0 has all memory, and gives up what a domain needs that comes to this host: under mig as under the stock xl.
# limit: 900 s
# xen: dom0_max_vcpus=1
. /mnt/lib.sh

dom0_memory() { xl list 0 | awk 'NR > 1 { print $3 }'; }
free_memory() { xl info free_memory; }
has_at_most() { [ "$(free_memory)" -lt "$1" ]; }

# little_is_free MB: domain 0 takes all the rest back.
little_is_free() {
  local free
  free=$(free_memory)
  [ "$free" -le "$1" ] && return
  must xl mem-set 0 $(($(dom0_memory) + free - $1))m
  wait_for 60 has_at_most $(($1 + 20)) || fail "$(free_memory) MB are free, not about $1"
}

# The domain that arrives needs as much as the one that goes, which is there until then.
LEFT=20

# came NAME: what domain 0 gave up for it.
came() {
  local gave=$((had - $(dom0_memory)))
  [ $gave -gt 40 ] || { xl list; fail "domain 0 gave $gave MB up for $1"; }
  saw "$1: domain 0 gave $gave MB up"
}

xl info xen_commandline
xl list
echo "free: $(free_memory) MB"
[ "$(dom0_memory)" -gt 2400 ] || fail 'domain 0 does not have all memory'
guest_config g1 wss=64 rate=50
create_guest g1

step 'stock to stock'
little_is_free $LEFT
had=$(dom0_memory)
must xl migrate -s '' g1 "$(receiver stock xl migrate-receive)"
came stock
check_guest g1

step 'stock to ours'
little_is_free $LEFT
had=$(dom0_memory)
must xl migrate -s '' g1 "$(receiver ours "$MIG/mig" migrate-receive)"
came 'migrate-receive'
check_guest g1

step 'ours to ours'
little_is_free $LEFT
had=$(dom0_memory)
must "$MIG/mig" migrate -s '' g1 "$(receiver both "$MIG/mig" migrate-receive)"
came 'ours at both ends'
check_guest g1

step 'mig restore'
must "$MIG/mig" save g1 "$WORK/image"
wait_for 30 no_domain g1 || fail 'g1 is still there'
little_is_free $LEFT
had=$(dom0_memory)
must "$MIG/mig" restore "$WORK/image"
came 'mig restore'
check_guest g1

step 'mig restarts it'
must xl migrate -s '' g1 "$(receiver again "$MIG/mig" migrate-receive)"
before=$(xl domid g1)
must xl reboot g1
is_another() {
  local domid
  domid=$(xl domid g1 2> /dev/null) && [ "$domid" != "$before" ]
}
wait_for 120 is_another || { cat /var/log/xen/xl-g1.log; fail 'g1 did not come again'; }
wait_ticks g1 3

step 'autoballoon="off"'
cp /etc/xen/xl.conf "$WORK/xl.conf"
trap 'cp "$WORK/xl.conf" /etc/xen/xl.conf' EXIT
little_is_free $LEFT
had=$(dom0_memory)
echo 'autoballoon="off"' >> /etc/xen/xl.conf
! "$MIG/mig" migrate -s '' g1 "$(receiver off "$MIG/mig" migrate-receive)" > "$OUT/off.txt" 2>&1 || fail 'there was memory for it'
cat "$OUT/off.txt"
expect_said 'memory: it needs .*domain 0 gives none up \(autoballoon is off\)' "$OUT/off.txt"
check_still_here g1
[ "$(dom0_memory)" = "$had" ] || fail "domain 0 has $(dom0_memory) MB, not $had"
# Stock finds out once pages have come; its helper dies of that, and leaves the guest's writes logged.
! xl migrate -s '' g1 "$(receiver stock-off xl migrate-receive)" || fail 'stock has found memory'
check_guest g1
saw 'with autoballoon="off" it gives none'
