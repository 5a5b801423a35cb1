#!/bin/bash
# What xl.conf says of a domain that comes to this host goes for mig as for the stock xl; dom0_mem says as much as autoballoon="off".
# limit: 900 s
. /mnt/lib.sh

cp /etc/xen/xl.conf "$WORK/xl.conf"
trap 'cp "$WORK/xl.conf" /etc/xen/xl.conf' EXIT

# xl_conf LINE...: as it was, and these.
xl_conf() { { cat "$WORK/xl.conf"; printf '%s\n' "$@"; } > /etc/xen/xl.conf; }

dom0_memory() { xl list 0 | awk 'NR > 1 { print $3 }'; }
# affinity_of NAME: the hard one of its vcpus.
affinity_of() { xl vcpu-list "$1" | awk 'NR > 1 { print $7 }' | paste -sd ' '; }

stock=$(receiver stock xl migrate-receive)
ours=$(receiver ours "$MIG/mig" migrate-receive)

# refused_by_both LOG PATTERN: neither takes g1, and ours says why. A stock source may leave the log of its writes on.
refused_by_both() {
  ! xl migrate -s '' g1 "$stock" > "$OUT/$1-stock.txt" 2>&1 || fail "the stock xl takes it: $1"
  check_guest g1
  ! "$MIG/mig" migrate -s '' g1 "$ours" > "$OUT/$1.txt" 2>&1 || fail "mig takes it: $1"
  cat "$OUT/$1.txt"
  expect_said "$2" "$OUT/$1.txt"
  check_still_here g1
}

# held_by SETTING TYPE SOURCE RECEIVER: a domain that has no affinity in its configuration, and was put where it may run.
held_by() {
  step "$1: $2, $3 to $4"
  guest_config g1 type="$2" wss=64 rate=50
  sed -i '/^cpus/d' "$WORK/g1.cfg"
  must xl create -p "$WORK/g1.cfg"
  must xl vcpu-pin g1 all 1
  must xl unpause g1
  wait_ticks g1 3
  xl_conf "$1"
  must "$3" migrate -s '' g1 "$4"
  [ "$(affinity_of g1)" = 1 ] || { xl vcpu-list g1; fail "it may run on $(affinity_of g1)"; }
  check_guest g1
  xl_conf
}

held_by 'vm.cpumask="1"' pvh xl "$stock"
destroy_guest g1
held_by 'vm.cpumask="1"' pvh xl "$ours"
destroy_guest g1
# No stock xl moves a PV domain live on this Xen.
held_by 'vm.pv.cpumask="1"' pv "$MIG/mig" "$ours"
destroy_guest g1
held_by 'vm.hvm.cpumask="1"' pvh xl "$ours"
step 'CPUs that no domain may run on'
# It has an affinity of its own now.
xl_conf 'vm.cpumask="0-1,^1"'
refused_by_both mask 'vcpu|vCPU'
xl_conf 'vm.pv.cpumask="0"'
must xl migrate -s '' g1 "$ours"
check_guest g1
saw 'vm.cpumask'

step 'domid_policy'
xl_conf 'domid_policy="random"'
must xl migrate -s '' g1 "$stock"
echo "stock: domid $(xl domid g1)"
must xl migrate -s '' g1 "$ours"
echo "ours: domid $(xl domid g1)"
[ "$(xl domid g1)" -gt 100 ] || fail "its domid is $(xl domid g1)"
check_guest g1
saw 'domid_policy'

step 'what cannot be read'
# Nor can the stock xl do anything then.
xl_conf 'autoballoon="off'
! "$MIG/mig" migrate -s '' g1 "$ours" > "$OUT/unreadable.txt" 2>&1 || fail 'mig takes it'
cat "$OUT/unreadable.txt"
xl_conf
expect_said '/etc/xen/xl.conf:[0-9]+:' "$OUT/unreadable.txt"
check_still_here g1
saw 'a file that cannot be read'

step 'dom0_mem'
xl_conf
guest_config filler
must xl create -p "$WORK/filler.cfg" "memory=$(($(xl info free_memory) - 60))"
echo "free: $(xl info free_memory) MB"
had=$(dom0_memory)
refused_by_both dom0-mem 'memory: it needs .*domain 0 gives none up \(autoballoon is off\)'
[ "$(dom0_memory)" = "$had" ] || fail "domain 0 has $(dom0_memory) MB, not $had"
saw 'dom0_mem'

step 'autoballoon="on", and a lock that another has'
xl_conf 'autoballoon="on"' "lockfile=\"$WORK/lock\""
python3 - "$WORK/lock" <<'END' &
import fcntl, sys, time
lock = open(sys.argv[1], 'w')
fcntl.lockf(lock, fcntl.LOCK_EX)
open(sys.argv[1] + '.taken', 'w').close()
time.sleep(600)
END
holder=$!
wait_for 30 test -e "$WORK/lock.taken" || fail 'the lock is not taken'
waiting=$(receiver waiting env MIG_PROGRESS_TIMEOUT=5 "$MIG/mig" migrate-receive)
! "$MIG/mig" migrate -s '' g1 "$waiting" > "$OUT/lock.txt" 2>&1 || fail 'it did not heed the lock'
cat "$OUT/lock.txt"
expect_said "process $holder makes room for a domain of its own" "$OUT/lock.txt"
check_still_here g1
kill "$holder"
must xl migrate -s '' g1 "$ours"
[ $((had - $(dom0_memory))) -gt 20 ] || fail "domain 0 gave $((had - $(dom0_memory))) MB up"
check_guest g1
saw "autoballoon=\"on\": domain 0 gave $((had - $(dom0_memory))) MB up"
