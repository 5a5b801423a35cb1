#!/bin/bash
# libvirt confined by AppArmor: Debian's profile keeps it from mig's helper, which leaves the guest running; the line that
# docs/xen.md has lets it.
# limit: 400 s
. /mnt/lib.sh
. /mnt/libvirt.sh

PROFILE=/etc/apparmor.d/usr.sbin.libvirtd
LOCAL=/etc/apparmor.d/local/usr.sbin.libvirtd
# As in docs/xen.md.
LINE='/usr/bin/xl-save-helper PUx,'

confine() { must apparmor_parser --replace "$PROFILE"; }

release() {
  rm -f "$LOCAL"
  apparmor_parser --remove "$PROFILE"
  apt-get purge -y mig > "$OUT/purge.txt" 2>&1
}
trap release EXIT

step 'mig where its package has it'
must apt-get install -y /opt/mig/packages/mig_0.0.0_amd64.deb > "$OUT/install.txt" 2>&1
must mount -t securityfs securityfs /sys/kernel/security
rm -f "$LOCAL"
confine
start_libvirt /usr/bin/xl-save-helper
grep -q '^libvirtd (enforce)' "/proc/$(cat "$WORK/libvirt/pid")/attr/current" || fail 'libvirtd is not confined'
create_libvirt_guest g1 wss=512 rate=500

step 'without the line'
! virsh save g1 "$WORK/image" > "$OUT/refused.txt" 2>&1 || fail 'saved'
cat "$OUT/refused.txt"
take_said refused-said.txt
expect_said 'save/restore helper .* exited with error status 255' "$OUT/refused-said.txt"
dmesg > "$OUT/dmesg.txt"
expect_said 'apparmor="DENIED" operation="exec" .*name="/usr/bin/xl-save-helper"' "$OUT/dmesg.txt"
check_kept g1

step 'with it'
echo "$LINE" > "$LOCAL"
confine
must virsh save g1 "$WORK/image"
take_said save.txt
helped_by "$OURS" "$OUT/save.txt"
must virsh restore "$WORK/image"
take_said restore.txt
helped_by "$OURS" "$OUT/restore.txt"
check_guest g1
stop_libvirt
