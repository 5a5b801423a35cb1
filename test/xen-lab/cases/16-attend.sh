#!/bin/bash
# A domain that mig has received is attended to: what its configuration wants for each reason of a shutdown is done.
# limit: 900 s
. /mnt/lib.sh

# shut_down NAME REASON
shut_down() {
  step "$1: $2"
  must node /mnt/shut-down.mjs "$(xl domid "$1")" "$2"
}

# received NAME TYPE SETTING...: a guest with these settings that mig has received.
received() {
  local name=$1 type=$2 source=xl
  shift 2
  # No stock xl moves a PV domain live on this Xen.
  [ "$type" = pv ] && source=$MIG/mig
  guest_config "$name" type="$type" wss=64 rate=50
  printf '%s\n' "$@" >> "$WORK/$name.cfg"
  create_guest "$name"
  step "$source migrate $name, to ours"
  must "$source" migrate -s '' "$name" "$(receiver ours "$MIG/mig" migrate-receive)"
  check_guest "$name"
}

log_of() { cat "/var/log/xen/xl-$1.log"; }

is_another() {
  local domid
  domid=$(xl domid "$1" 2> /dev/null) && [ "$domid" != "$2" ]
}

# comes_again NAME DOMID: as another domain than that, which runs.
comes_again() {
  wait_for 240 is_another "$1" "$2" || { log_of "$1"; fail "$1 did not come again"; }
  wait_ticks "$1" 3
}

nobody_waits() { ! pgrep -f libxl-monitor > /dev/null; }

# is_left_alone NAME: nobody waits for its end any more.
is_left_alone() {
  wait_for 60 nobody_waits || { log_of "$1"; fail "somebody still waits for the end of $1"; }
}

received g1 pvh 'on_reboot = "rename-restart"'
before=$(xl domid g1)
uuid=$(xl domid g1 | xargs -I{} xenstore-read /local/domain/{}/vm)

step 'g1: xl reboot, renamed and restarted'
must xl reboot g1
comes_again g1 "$before"
preserved=$(xl list | awk -v domid="$before" '$2 == domid { print $1 }')
[[ $preserved =~ ^g1-[0-9]{8}T[0-9]{4}Z$ ]] || { xl list; fail "the one before is called '$preserved'"; }
[ "$(xenstore-read "/local/domain/$(xl domid g1)/vm")" = "$uuid" ] || fail 'g1 has another UUID'
[ "$(xenstore-read "/local/domain/$before/vm")" != "$uuid" ] || fail "$preserved has the UUID of g1"
step 'g1 goes, and comes back to where the one before is'
must "$MIG/mig" migrate -s '' g1 "$(receiver again "$MIG/mig" migrate-receive -e)"
check_guest g1
must xl destroy "$before"
is_left_alone g1
saw 'a renaming restart'

destroy_guest g1
received g1 pvh 'on_poweroff = "restart"'
[ -s /var/log/xen/xl-g1.log.1 ] || { ls /var/log/xen; fail 'the log of the first one is not kept'; }
before=$(xl domid g1)
shut_down g1 poweroff
comes_again g1 "$before"
# What on_crash is unless its configuration says.
shut_down g1 crash
wait_for 60 no_domain g1 || { log_of g1; fail 'g1 is not destroyed'; }
is_left_alone g1
saw 'a restart, destroyed'

received g2 pvh 'on_watchdog = "preserve"'
step 'xl save -c: suspended and resumed'
must xl save -c g2 "$WORK/image"
rm "$WORK/image"
check_guest g2
shut_down g2 watchdog
is_left_alone g2
[ "$(domains_called g2)" = 1 ] || { log_of g2; fail 'g2 is not preserved'; }
must xl destroy g2

# Xen's dump of a PVH or HVM domain asks for each of a million pfns, which here takes minutes.
received g3 pv 'on_watchdog = "coredump-restart"' 'on_crash = "coredump-destroy"'
# dumped_core NAME: and makes room.
dumped_core() {
  [ "$(stat -c %s "/var/lib/xen/dump/$1")" -gt 90000000 ] || { log_of "$1"; fail "no core of $1 was dumped"; }
  rm "/var/lib/xen/dump/$1"
}
before=$(xl domid g3)
shut_down g3 watchdog
comes_again g3 "$before"
dumped_core g3
shut_down g3 crash
wait_for 120 no_domain g3 || { log_of g3; fail 'g3 is not destroyed'; }
dumped_core g3
is_left_alone g3

# Xen resets HVM domains alone: the stock xl, too, destroys a PVH domain that asks for it.
received g4 pvh 'on_soft_reset = "soft-reset"'
shut_down g4 soft-reset
wait_for 60 no_domain g4 || { log_of g4; fail 'g4 is not destroyed'; }
log_of g4 | grep -q 'cannot be reset' || { log_of g4; fail 'it does not say that it cannot be reset'; }
is_left_alone g4
saw 'preserved, restarted and destroyed with a core, not reset'
