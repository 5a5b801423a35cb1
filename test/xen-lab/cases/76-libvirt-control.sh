#!/bin/bash
# Who has a say in a migration that libvirt makes with mig's helper: the settings, the helper's process, and neither libvirt's
# own controls nor mig's. What a client that goes away leaves.
# limit: 1200 s
. /mnt/lib.sh
. /mnt/libvirt.sh

# begin LOG OPTION...: of g1, slowly, in the background: until memory is being sent. Its process is $migration.
begin() {
  local log=$1
  shift
  step "$log"
  virsh migrate --live "$@" --dname g2 --migrateuri tcp://127.0.0.1 g1 "$OTHER" > "$OUT/$log.txt" 2>&1 &
  migration=$!
  wait_for 300 is_sending || { cat "$OUT/$log.txt"; fail 'no memory is sent'; }
}

is_sending() {
  local pid
  pid=$(save_helper) && [ "$(awk '/^wchar/ { print $2 }' "/proc/$pid/io")" -gt 300000 ]
}

# must_refuse WORDS COMMAND...
must_refuse() {
  local words=$1
  shift
  if "$@" > "$OUT/refused.txt" 2>&1; then fail "not refused: $*"; fi
  expect_said "$words" "$OUT/refused.txt"
}

# kept LOG: the migration that was begun has failed, and it is as if there had been none.
kept() {
  must_end $migration 120 1
  take_said "$1-source.txt"
  wait_for 30 no_domain g2 || { xl list; fail 'g2 is left'; }
  check_kept g1
}

start_libvirt "$OURS"
start_libvirt "$OURS" other
create_libvirt_guest g1 wss=512 rate=500

step 'a setting that cannot be meant'
settings MIG_PRECOPY_ITERATIONS=2x
must_refuse 'Failed to send migration data' virsh migrate --live --dname g2 --migrateuri tcp://127.0.0.1 g1 "$OTHER"
take_said refused-setting.txt
expect_said "MIG_PRECOPY_ITERATIONS must be a whole number .*, not '2x'" "$OUT/refused-setting.txt"
check_kept g1

step 'options that it does not take'
for option in --bandwidth=10 --postcopy --auto-converge --parallel --compressed; do
  must_refuse 'not supported|unsupported flags' \
    virsh migrate --live $option --dname g2 --migrateuri tcp://127.0.0.1 g1 "$OTHER"
done

step 'a busy guest'
settings MIG_ABORT_IF_BUSY=1 MIG_PRECOPY_ITERATIONS=2 MIG_PRECOPY_THRESHOLD=0
must_refuse 'Failed to send migration data' virsh migrate --live --dname g2 --migrateuri tcp://127.0.0.1 g1 "$OTHER"
take_said busy.txt
expect_said 'the domain is busy \(iterations\): 2 live passes made' "$OUT/busy.txt"
check_kept g1

settings MIG_BANDWIDTH=100kB/s
begin ended --verbose
step "libvirt's controls"
for command in domjobabort 'migrate-setmaxdowntime --downtime 100' 'migrate-setspeed --bandwidth 10'; do
  must_refuse 'not supported by the connection driver' virsh $command --domain g1
done
must_refuse 'cannot acquire state change lock' virsh suspend g1
step "mig's"
for command in migrate-status migrate-abort migrate-switchover 'migrate-set --bandwidth 2MB/s'; do
  must_refuse 'g1 is being saved, or migrated by another toolstack: mig has no say in that' "$MIG/mig" $command g1
done
must_refuse 'is being saved or migrated by another toolstack' "$MIG/mig" save g1 "$WORK/image"
step 'Ctrl-C once'
kill -INT $migration
sleep 5
kill -0 $migration || fail 'virsh is gone'
save_helper > /dev/null || fail 'it is over'
step 'the helper is told to end, as docs/xen.md has it'
must pkill -f "xl-save-helper --save-domain [0-9]+ [0-9]+ $(virsh domid g1) "
kept ended

settings MIG_BANDWIDTH=10MB/s
begin client-gone-p2p --p2p
kill -KILL $migration
wait_for 300 no_helper || fail 'it does not end'
wait_for 60 no_domain g1 || { xl list; fail 'g1 is left'; }
check_guest g2
saw 'a client that is gone: moved with --p2p'
must virsh -c "$OTHER" migrate --live --dname g1 --migrateuri tcp://127.0.0.1 g2 "$LIBVIRT_DEFAULT_URI"
check_guest g1

begin client-gone
kill -KILL $migration
wait_for 300 no_helper || fail 'it does not end'
step 'it stands still at both ends'
expect_silence g2 10
xl list
[[ $(state_of g1) == *s* && $(state_of g2) == *p* ]] || fail "g1 is $(state_of g1), g2 is $(state_of g2)"
must_refuse 'cannot acquire state change lock' virsh -c "$OTHER" resume g2
step 'as docs/xen.md has it'
must xl unpause g2
must xl destroy g1
check_guest g2
stop_libvirt
start_libvirt "$OURS"
stop_libvirt other
start_libvirt "$OURS" other
must virsh -c "$OTHER" destroy g2
