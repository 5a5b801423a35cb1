#!/bin/bash
# The network between two of ours is lost: in precopy, when permission to go has arrived, and when it is on its way. Each
# end ends within its time, and the guest runs in one place at most.
# limit: 1200 s
. /mnt/two-hosts.sh

guest_config g1 wss=512 rate=500
create_guest g1
on_host2 take_xl_with MIG_PROGRESS_TIMEOUT=40 MIG_PERMISSION_TIMEOUT=40

# Longer than any of these, and than what is done then.
LONGEST=100

# gated NAME SCRIPT: a command for `-s`: ssh, whose answers go through the script; without the checks before a migration,
# whose answers would, too.
gated() {
  printf '#!/bin/bash\nssh "$@" | {\n%s\n}\n' "$2" > "$WORK/ssh-$1"
  chmod +x "$WORK/ssh-$1"
  echo "$WORK/ssh-$1"
}

# start LOG OPTION...
start() {
  LOG=$1
  step "$LOG"
  "$MIG/mig" migrate --json --progress-timeout 30 --report-timeout 30 "${@:2}" g1 host2 \
    > "$OUT/$LOG.json" 2> "$OUT/$LOG.txt" &
  SOURCE=$!
}

# ends_cut_off STATUS: the source, while the link is down. Then it comes up again, when the other end has had its time.
ends_cut_off() {
  local lost=$SECONDS
  must_end $SOURCE $LONGEST "$1"
  saw "$LOG: source ended after $((SECONDS - lost)) s"
  wait_for 20 no_helper || fail 'a helper is left'
  while [ $((SECONDS - lost)) -lt $LONGEST ]; do sleep 1; done
  mend_link
  on_host2 must true
}

in_state() { wait_for 300 grep -q "\"state\":\"$1\"" "$OUT/$LOG.json" || fail "not $1"; }

start precopy -i 1000000 -d 0
wait_for 300 grep -q '"event":"pass-started".*"iteration":2' "$OUT/precopy.json" || fail 'no second pass'
cut_link
ends_cut_off 1
check_still_here g1
on_host2 expect_said 'no bytes of the stream' /root/case/xl.txt
on_host2 must no_domain g1
on_host2 must no_helper

# The answers end with ready: what is said then does not come through. The banner goes alone, for head (9.1) holds
# back what it has until it has all.
start report-lost --no-check -s "$(gated report-lost 'head -c 54; head -c 34; exec sleep 1000')"
in_state awaiting-report
on_host2 wait_ticks g1 3
cut_link
ends_cut_off 3
[ "$(state_of g1--migratedaway)" = --pss- ] || fail "g1--migratedaway is '$(state_of g1--migratedaway)'"
"$MIG/mig" resume g1--migratedaway > "$OUT/refused.txt" 2>&1 && fail 'resumed without --force'
expect_said 'ssh host2 xl list' "$OUT/refused.txt"
on_host2 check_guest g1
must xl destroy g1--migratedaway
fetch_console g1
step 'back'
on_host2 must "$MIG/mig" migrate g1 host1 2> "$OUT/back.txt"
check_guest g1

# Ready is held back until the link is down: permission then does not arrive.
HELD="head -c 54; head -c 34 > $WORK/ready; touch $WORK/is-ready
until [ -e $WORK/go ]; do sleep 0.1; done
cat $WORK/ready; exec cat"
start permission-lost --no-check -s "$(gated permission-lost "$HELD")"
wait_for 300 test -e "$WORK/is-ready" || fail 'the target is not ready'
cut_link
touch "$WORK/go"
in_state awaiting-report
ends_cut_off 3
[ "$(state_of g1--migratedaway)" = --pss- ] || fail "g1--migratedaway is '$(state_of g1--migratedaway)'"
on_host2 expect_said 'no permission' /root/case/xl.txt
on_host2 must no_domain g1
on_host2 must no_helper
must "$MIG/mig" resume --force g1--migratedaway
check_still_here g1
