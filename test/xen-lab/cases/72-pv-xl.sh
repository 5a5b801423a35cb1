#!/bin/bash
# A PV guest and mig's own xl: a migration is a stop-and-copy by Xen's own helper, to stock and to ours; mig saves it and the
# stock xl restores it; what fails leaves the guest running here, and no other command makes it run twice.
# limit: 1000 s
. /mnt/lib.sh

BANNER='xl migration receiver ready, send binary domain data.\n'

guest_config g1 type=pv wss=512 rate=500
create_guest g1

# one LOG RECEIVER
one() {
  local began
  step "$1"
  began=$(milliseconds)
  must "$MIG/mig" migrate --json -s '' g1 "$(receiver "$1" "$2" migrate-receive)" > "$OUT/$1.json" 2> "$OUT/$1.txt"
  saw "$1 $(seconds_since "$began") s"
  check_guest g1
  saw "downtime $(downtime_of g1 "$began") ms, told $(field "$OUT/$1.json" downtimeMilliseconds)"
  must no_helper
}

one ours-to-stock xl
one ours-to-ours "$MIG/mig"
expect_said '"event":"note","text":"g1 is a PV domain, .*it moves as stop-and-copy, and stands still for about' "$OUT/ours-to-stock.json"
expect_said 'which is assumed' "$OUT/ours-to-stock.json"

step 'what is foretold without moving it'
must "$MIG/mig" migrate --estimate --link 1Gbit/s g1 host2 > "$OUT/estimate.txt" 2>&1
expect_said '^stop-and-copy' "$OUT/estimate.txt"
! "$MIG/mig" dirty-rate g1 > "$OUT/dirty-rate.txt" 2>&1 || fail 'its writes were measured'
expect_said 'is a PV domain' "$OUT/dirty-rate.txt"

mkdir -p "$WORK/bin"
printf '#!/bin/sh\nexec %s "$@"\n' "$MIG/mig" > "$WORK/bin/xl"
printf '#!/bin/sh\nshift\nPATH=%s:$PATH\nexec sh -c "$*"\n' "$WORK/bin" > "$WORK/ssh"
chmod +x "$WORK/bin/xl" "$WORK/ssh"
must "$MIG/mig" migrate --check -s "$WORK/ssh" g1 host2 > "$OUT/check.txt" 2>&1
expect_said '^passed +log .*moves as stop-and-copy' "$OUT/check.txt"
expect_said '^Nothing that could be looked at is in the way' "$OUT/check.txt"

# attempt NAME STATUS TARGET [OPTION...]: a migration that is to end with that status, and leaves the guest here.
attempt() {
  local name=$1 wanted=$2 to=$3 status
  shift 3
  step "$name"
  timeout 200 "$MIG/mig" migrate --json -s '' "$@" g1 "$to" > "$OUT/$name.json" 2> "$OUT/$name.txt"
  status=$?
  [ $status = "$wanted" ] || { tail -3 "$OUT/$name.json" "$OUT/$name.txt"; fail "$name: status $status, not $wanted"; }
}

kept() {
  wait_for 20 no_helper || fail 'a helper is left'
  wait_for 20 no_incoming g1 || fail 'the incoming copy is left'
  case $(state_of g1) in *s* | *p*) fail "g1 is left $(state_of g1)" ;; esac
  check_guest g1
}

# target NAME SCRIPT: a target that says what it likes.
target() {
  printf '#!/bin/bash\n%s\n' "$2" > "$WORK/target-$1.sh"
  chmod +x "$WORK/target-$1.sh"
  echo "$WORK/target-$1.sh"
}

never=$(target never "printf '$BANNER'; exec cat > /dev/null")
attempt no-say 2 "$never" --precopy-iterations 3
attempt too-long 6 "$never" --max-downtime 1
expect_said 'would stand still for about' "$OUT/too-long.txt"
attempt too-long-as-measured 6 "$WORK/receive-ours-to-ours.sh" --max-downtime 1 --abort-if-busy
expect_said 'to the target, as measured before; .* for the suspend itself, as measured before' \
  "$OUT/too-long-as-measured.txt"
kept
attempt mid-stream 1 "$(target mid "printf '$BANNER'; head -c 20000000 > /dev/null")"
kept
attempt stalled 1 "$(target stalled "printf '$BANNER'; head -c 20000000 > /dev/null; exec sleep 60")" --progress-timeout 5
expect_said 'took no bytes' "$OUT/stalled.json"
kept
attempt slow 1 "$(target slow "printf '$BANNER'; while head -c 100000 > /dev/null; do sleep 0.1; done")" --stop-and-copy-timeout 10
expect_said 'was not taken within 10 s' "$OUT/slow.json"
kept
attempt no-ready 1 "$never" --ready-timeout 5
kept

# begin NAME STATE TARGET: in the background, until it is in that state.
begin() {
  step "$1"
  "$MIG/mig" migrate --json -s '' --ready-timeout 300 g1 "$3" > "$OUT/$1.json" 2> "$OUT/$1.txt" &
  source=$!
  wait_said 300 "\"state\":\"$2\"" "$OUT/$1.json"
}

begin interrupted stop-and-copy "$(target sleeper "printf '$BANNER'; head -c 20000000 > /dev/null; exec sleep 600")"
[ "$(state_of g1)" = --pss- ] || fail "g1 is $(state_of g1), not suspended and paused by mig"
! "$MIG/mig" resume g1 > "$OUT/resume.txt" 2>&1 || fail 'resumed by another mig'
kill -INT $source
must_end $source 60 1
kept

begin aborted stop-and-copy "$WORK/target-sleeper.sh"
must "$MIG/mig" migrate-abort g1 > "$OUT/abort.txt" 2>&1
must_end $source 60 7
kept

# Ready once $WORK/go is there; what comes then is in $WORK/last.
held=$(target held "printf '$BANNER'
exec 3<&0
tail -c 200 <&3 > $WORK/last &
exec < /dev/null 3<&-
until [ -e $WORK/go ]; do sleep 0.2; done
printf 'domain received, ready to unpause\000'
wait")
begin checkpoint awaiting-ready "$held"
must xl save -c g1 "$WORK/checkpoint" > "$OUT/checkpoint.txt" 2>&1
touch "$WORK/go"
must_end $source 60 1
expect_said 'was resumed by another command' "$OUT/checkpoint.json"
! grep -aqs 'domain is yours' "$WORK/last" || fail 'permission was given'
kept

begin killed awaiting-ready "$never"
kill -KILL $source
sleep 2
[ "$(state_of g1)" = --pss- ] || fail "g1 is $(state_of g1), not suspended and paused by mig"
expect_silence g1 3
must "$MIG/mig" resume g1
kept

step 'saved by mig to a disk that is full'
mkdir -p "$WORK/small"
must mount -t tmpfs -o size=4m tmpfs "$WORK/small"
! "$MIG/mig" save g1 "$WORK/small/image" > "$OUT/full.txt" 2>&1 || fail 'saved'
expect_said 'The domain has been resumed' "$OUT/full.txt"
umount "$WORK/small"
kept

step 'saved by mig, and goes on'
must "$MIG/mig" save -c g1 "$WORK/image"
kept
verify_image "$WORK/image"

step 'saved by mig, restored by stock'
must "$MIG/mig" save g1 "$WORK/image"
wait_for 30 no_domain g1 || fail 'g1 is still there after it was saved'
[ "$(stat -c %a "$WORK/image")" = 600 ] || fail "the image has mode $(stat -c %a "$WORK/image")"
verify_image "$WORK/image"
must "$MIG/mig" stream verify "$WORK/image" > "$OUT/verify.txt" 2>&1
must xl restore "$WORK/image"
check_guest g1
must no_helper

step 'a guest that never answers keeps running, and an interrupt waits for that'
destroy_guest g1
guest_config g1 type=pv wss=512 rate=500 deaf
create_guest g1
begin deaf suspending "$never"
sleep 2
kill -INT $source
must_end $source 120 1
expect_said '"outcome":"keeps-running"' "$OUT/deaf.json"
kept
