#!/bin/bash
# libvirt confined by AppArmor: Debian's profile keeps it from mig's helper, which leaves the guest running; the line that
# docs/xen.md has lets it.
# limit: 400 s
. /mnt/lib.sh
. /mnt/libvirt.sh

PROFILE=/etc/apparmor.d/usr.sbin.libvirtd
LOCAL=/etc/apparmor.d/local/usr.sbin.libvirtd
# As in docs/xen.md.
LINE='/usr/local/lib/mig.installed/*/node_modules/@mig/xl-save-helper/bin/xl-save-helper.cjs PUx,'

confine() { must apparmor_parser --replace "$PROFILE"; }

release() {
  rm -f "$LOCAL" /usr/local/bin/xl-save-helper /usr/local/lib/mig
  apparmor_parser --remove "$PROFILE"
  umount --lazy /usr/local/lib/mig.installed/1
}
trap release EXIT

step 'mig where it is installed'
mkdir -p /usr/local/lib/mig.installed/1
must mount --bind /opt/mig /usr/local/lib/mig.installed/1
ln -sfn mig.installed/1 /usr/local/lib/mig
ln -sfn ../lib/mig/bin/xl-save-helper /usr/local/bin/xl-save-helper
must mount -t securityfs securityfs /sys/kernel/security
rm -f "$LOCAL"
confine
start_libvirt /usr/local/bin/xl-save-helper
grep -q '^libvirtd (enforce)' "/proc/$(cat "$WORK/libvirt/pid")/attr/current" || fail 'libvirtd is not confined'
create_libvirt_guest g1 wss=512 rate=500

step 'without the line'
! virsh save g1 "$WORK/image" > "$OUT/refused.txt" 2>&1 || fail 'saved'
cat "$OUT/refused.txt"
take_said refused-said.txt
expect_said 'save/restore helper .* exited with error status 255' "$OUT/refused-said.txt"
dmesg > "$OUT/dmesg.txt"
expect_said 'apparmor="DENIED" operation="exec" .*name="[^"]*/bin/xl-save-helper.cjs"' "$OUT/dmesg.txt"
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
