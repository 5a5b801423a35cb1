#!/bin/bash
# What other commands, stock's and mig's, do to a domain while mig migrates it: never two running, never a torn guest, and
# the operator is told. Stock commands ask nobody; where one of them wins, the migration has to notice.
# limit: 3600 s
. /mnt/lib.sh

BANNER='xl migration receiver ready, send binary domain data.\n'
READY='domain received, ready to unpause\000'

guest_config g1 wss=512 rate=500
create_guest g1

# A target that keeps nothing but the last octets, and is ready once $WORK/go is there.
cat > "$WORK/held.sh" << END
#!/bin/bash
printf '$BANNER'
exec 3<&0
tail -c 200 <&3 > $WORK/last &
exec < /dev/null 3<&-
until [ -e $WORK/go ]; do sleep 0.2; done
printf '$READY'
wait
END
chmod +x "$WORK/held.sh"

# begin NAME STATE TARGET [OPTION...]: a migration of g1 by mig, in the background, until it is in that state.
begin() {
  local name=$1 state=$2 target=$3
  shift 3
  step "$name"
  rm -f "$WORK/go" "$WORK/last"
  "$MIG/mig" migrate --json -s '' --ready-timeout 600 "$@" g1 "$WORK/$target.sh" > "$OUT/$name.json" 2> "$OUT/$name.txt" &
  migration=$!
  wait_said 900 "\"state\":\"$state\"" "$OUT/$name.json"
}

go() { touch "$WORK/go"; }

# refused NAME WORDS [STATUS]: it fails without permission having been given, and says so.
refused() {
  go
  must_end $migration 300 "${3:-1}"
  [ ! -e "$WORK/last" ] || wait_for 20 test -s "$WORK/last"
  ! grep -aqs 'domain is yours' "$WORK/last" || fail "$1: permission was given"
  expect_said "$2" "$OUT/$1.json"
  saw "$1: $(grep -ohE -- "$2" "$OUT/$1.json" | head -1)"
}

# must_fail WORDS COMMAND...: it is refused, and says why.
must_fail() {
  local words=$1
  shift
  if "$@" > "$OUT/must-fail.txt" 2>&1; then fail "not refused: $*"; fi
  expect_said "$words" "$OUT/must-fail.txt"
  echo "refused: $* : $(grep -E -- "$words" "$OUT/must-fail.txt" | head -1)"
}

# Fails once a few octets are on it.
mkdir -p "$WORK/small"
must mount -t tmpfs -o size=4m tmpfs "$WORK/small"

another_saver() { pgrep -f 'libxl-save-helper --save-domain' > /dev/null; }

# g1 again, after a command that has destroyed it.
anew() {
  wait_for 60 no_domain g1 || { xl list; fail 'g1 is not gone'; }
  create_guest g1
}

# --- while the target prepares: most of them here, where nothing else happens meanwhile

begin resumed-and-run awaiting-ready held
step 'it is unpaused, and a stock xl save that fails resumes it: it runs'
must xl unpause g1
must_fail 'No space|failed|Failed' xl save g1 "$WORK/small/image"
rm -f "$WORK/small/image"
wait_ticks g1 3
refused resumed-and-run 'was resumed by another command meanwhile, and has run'
check_kept g1

begin checkpoint awaiting-ready held
must xl save -c g1 "$WORK/image"
refused checkpoint 'was resumed by another command'
check_kept g1
rm -f "$WORK/image"

begin unpaused awaiting-ready held
must xl unpause g1
refused unpaused 'was unpaused by another command'
check_kept g1

begin renamed awaiting-ready held
must xl rename g1 g2
refused renamed 'was renamed g2'
[ "$(domains_called g2)" = 1 ] || { xl list; fail 'it has lost the name that the operator gave it'; }
must xl rename g2 g1
check_kept g1

begin memory awaiting-ready held
must xl mem-set g1 90
refused memory 'configured anew by another command meanwhile .b_info.target_memkb'
check_kept g1
must xl mem-set g1 96

begin vcpus awaiting-ready held
if xl vcpu-set g1 1 > "$OUT/vcpu-set.txt" 2>&1; then saw 'vcpu-set 1: taken'; fi
if xl block-attach g1 phy:/dev/ram0,xvdb,w > "$OUT/block-attach.txt" 2>&1; then
  refused vcpus 'configured anew by another command meanwhile .disks'
else
  saw "block-attach: $(tail -1 "$OUT/block-attach.txt")"
  kill -INT $migration
  wait $migration
fi
check_kept g1

begin saved awaiting-ready held
must xl save g1 "$WORK/image"
refused saved 'no domain'
must no_domain g1
must xl restore "$WORK/image"
check_guest g1
rm -f "$WORK/image"

begin destroyed awaiting-ready held
must xl destroy g1
refused destroyed 'no domain'
anew

# --- while it is copied as it runs

# So slow that dom0 is idle; faster once the other command has come to its end.
slowly='--bandwidth 200KB/s'
on_with_it() { must "$MIG/mig" migrate-set --bandwidth 50MB/s g1 > /dev/null; }

begin precopy-refusals precopy held $slowly
must_fail 'being migrated' "$MIG/mig" migrate -s '' g1 "$WORK/held.sh"
must_fail 'being migrated' "$MIG/mig" save g1 "$WORK/no-image"
must_fail 'not suspended' "$MIG/mig" resume g1
must_fail 'being migrated' "$MIG/mig" dirty-rate g1
[ ! -e "$WORK/no-image" ] || fail 'a save that was refused leaves a file'

step 'stock xl save fails on a full disk, and resumes the guest'
must_fail 'No space|failed|Failed' xl save g1 "$WORK/small/image"
rm -f "$WORK/small/image"
on_with_it
refused precopy-refusals 'have not been logged all the time|as well, whose save helper'
check_kept g1

begin precopy-saved precopy held $slowly
step 'stock xl save'
must xl save g1 "$WORK/image"
# Mig may have noticed, and ended.
"$MIG/mig" migrate-set --bandwidth 50MB/s g1 > /dev/null 2>&1 || true
refused precopy-saved 'as well, whose save helper|no longer here|no domain|ESRCH'
must no_domain g1
must xl restore "$WORK/image"
check_guest g1
rm -f "$WORK/image"

begin precopy-paused precopy held $slowly
must xl pause g1
on_with_it
refused precopy-paused '"event":"failed".*suspend'
case $(state_of g1) in *p*) ;; *) fail "g1 is $(state_of g1), no longer paused" ;; esac
must xl unpause g1
check_kept g1

begin precopy-stock-migrate precopy held $slowly
step 'a second migration, by stock xl'
xl migrate -s '' g1 "$(receiver stock xl migrate-receive)" > "$OUT/stock-migrate.txt" 2>&1 &
other=$!
wait_for 60 another_saver || fail 'stock xl has not begun'
# Stock may be done before mig looks again: then the domain is no longer here.
"$MIG/mig" migrate-set --bandwidth 50MB/s g1 > /dev/null 2>&1 || true
refused precopy-stock-migrate 'as well, whose save helper|no longer here|ESRCH'
must_end $other 300 0
check_guest g1

# --- once it is suspended, and its last pages are sent

begin copying stop-and-copy held -i 0 --bandwidth 4MB/s --bandwidth-always
[ "$(state_of g1)" = --pss- ] || fail "g1 is $(state_of g1), not suspended and paused by mig"
must_fail 'being migrated' "$MIG/mig" resume g1
must_fail 'being migrated' "$MIG/mig" resume --force g1
step 'stock xl save fails, and resumes the guest: it does not run'
must_fail 'No space|failed|Failed' xl save g1 "$WORK/small/image"
rm -f "$WORK/small/image"
expect_silence g1 4
refused copying 'was resumed by another command'
check_kept g1

umount "$WORK/small"
