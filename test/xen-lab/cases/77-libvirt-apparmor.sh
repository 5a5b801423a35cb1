#!/bin/bash
# libvirt confined by AppArmor: Debian's profile lets it start mig's helper in /usr/bin, where the package has it, and not
# where install.mjs puts it, which leaves the guest running; the line that docs/xen.md has lets it there, too.
# limit: 600 s
. /mnt/lib.sh
. /mnt/libvirt.sh

PROFILE=/etc/apparmor.d/usr.sbin.libvirtd
LOCAL=/etc/apparmor.d/local/usr.sbin.libvirtd
# As in docs/xen.md.
LINE='/usr/local/lib/mig.installed/*/node_modules/@mig/xl-save-helper/bin/xl-save-helper.cjs PUx,'
INSTALLED=/usr/local/lib/mig.installed/1

confine() { must apparmor_parser --replace "$PROFILE"; }

release() {
  rm -f "$LOCAL"
  umount "$INSTALLED"
  rm -rf /usr/local/lib/mig.installed
  apparmor_parser --remove "$PROFILE"
  apt-get purge -y mig > "$OUT/purge.txt" 2>&1
}
trap release EXIT

start_confined() {
  start_libvirt "$1"
  grep -q '^libvirtd (enforce)' "/proc/$(cat "$WORK/libvirt/pid")/attr/current" || fail 'libvirtd is not confined'
}

# there_and_back NAME: g1 is saved and restored, with mig's helper.
there_and_back() {
  must virsh save g1 "$WORK/image"
  take_said "$1-save.txt"
  helped_by "$OURS" "$OUT/$1-save.txt"
  must virsh restore "$WORK/image"
  take_said "$1-restore.txt"
  helped_by "$OURS" "$OUT/$1-restore.txt"
  check_guest g1
}

step 'mig where its package has it'
must apt-get install -y /opt/mig/packages/mig_0.0.0_amd64.deb > "$OUT/install.txt" 2>&1
must mount -t securityfs securityfs /sys/kernel/security
rm -f "$LOCAL"
confine
start_confined /usr/bin/xl-save-helper
create_libvirt_guest g1 wss=512 rate=500
there_and_back package
stop_libvirt

step 'where install.mjs has it, without the line'
mkdir -p "$INSTALLED"
must mount --bind /opt/mig "$INSTALLED"
start_confined "$INSTALLED/bin/xl-save-helper"
! virsh save g1 "$WORK/image" > "$OUT/refused.txt" 2>&1 || fail 'saved'
cat "$OUT/refused.txt"
take_said refused-said.txt
expect_said 'save/restore helper .* exited with error status 255' "$OUT/refused-said.txt"
dmesg > "$OUT/dmesg.txt"
expect_said 'apparmor="DENIED" operation="exec" .*name="/usr/local/lib/mig.installed/' "$OUT/dmesg.txt"
check_kept g1

step 'with it'
echo "$LINE" > "$LOCAL"
confine
there_and_back installed
stop_libvirt
