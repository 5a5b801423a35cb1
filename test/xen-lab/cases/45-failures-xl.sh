#!/bin/bash
# mig's own xl at the source, and everything that can go wrong with the target: who runs, under which name, what is
# said, and that the domain can always be had back.
# limit: 1500 s
. /mnt/lib.sh

BANNER='xl migration receiver ready, send binary domain data.\n'
READY='domain received, ready to unpause\000'
GO='domain is yours, you are cleared to unpause\000'
REPORT='my copy unpause results are as follows\000'

guest_config g1 wss=512 rate=500
create_guest g1

# target NAME SCRIPT: a target that says what it likes.
target() {
  local path=$WORK/target-$1.sh
  printf '#!/bin/bash\n%s\n' "$2" > "$path"
  chmod +x "$path"
  echo "$path"
}

# attempt NAME STATUS TARGET [OPTION...]: a migration that is to end with that status.
attempt() {
  local name=$1 wanted=$2 to=$3 status
  shift 3
  step "$name"
  timeout 200 "$MIG/mig" migrate --json -s '' "$@" g1 "$to" > "$OUT/$name.json" 2> "$OUT/$name.txt"
  status=$?
  [ $status = "$wanted" ] || { tail -3 "$OUT/$name.json" "$OUT/$name.txt"; fail "$name: status $status, not $wanted"; }
}

# kept: it runs here under its own name, and nothing is left.
kept() {
  check_guest g1
  [ "$(log_dirty_of g1)" = off ] || fail 'log-dirty is on'
  must no_helper
  [ "$(domains_called g1--incoming)" = 0 ] || fail 'the incoming copy is left'
}

attempt no-banner 1 "$(target none 'echo "bash: xl: command not found" >&2; exit 127')"
kept
attempt greeting 1 "$(target greeting 'echo "Welcome to host2"; sleep 1')"
grep -q 'Welcome to host2' "$OUT/greeting.json" || fail 'what came in place of the banner is not shown'
kept
attempt mid-stream 1 "$(target mid "printf '$BANNER'; head -c 20000000 > /dev/null")"
kept
attempt stalled 1 "$(target stalled "printf '$BANNER'; head -c 20000000 > /dev/null; exec sleep 60")" --progress-timeout 5
kept
attempt no-ready 1 "$(target no-ready "printf '$BANNER'; exec cat > /dev/null")" --ready-timeout 5
kept
attempt failure-reported 1 "$(target failure "printf '$BANNER$READY$REPORT\003$GO'; exec cat > /dev/null")"
kept

attempt no-report 3 "$(target no-report "printf '$BANNER$READY'; exec cat > /dev/null")" --report-timeout 5
expect_silence g1 5
# Suspended, and paused by mig.
[ "$(state_of g1--migratedaway)" = --pss- ] || fail "g1--migratedaway is $(state_of g1--migratedaway)"
"$MIG/mig" resume g1--migratedaway > "$OUT/refused.txt" 2>&1 && fail 'resumed without --force'
grep -q 'look there first' "$OUT/refused.txt" || fail 'the refusal does not name the host to check'
must "$MIG/mig" resume --force g1--migratedaway
kept

step 'the source is killed while the target prepares'
"$MIG/mig" migrate --json -s '' --ready-timeout 300 g1 "$(target never "printf '$BANNER'; exec cat > /dev/null")" \
  > "$OUT/killed.json" 2> "$OUT/killed.txt" &
source=$!
wait_for 300 grep -q '"state":"awaiting-ready"' "$OUT/killed.json" || fail 'not awaiting ready'
kill -KILL $source
sleep 2
[ "$(state_of g1)" = --pss- ] || fail "g1 is $(state_of g1), not suspended and paused by mig"
expect_silence g1 3
must "$MIG/mig" resume g1
kept
saw 'revived after the source was killed while it was suspended'

for signal in INT KILL; do
  step "the source gets SIG$signal in the midst, the target is ours"
  "$MIG/mig" migrate --json -s '' -i 1000000 -d 0 g1 "$(receiver "ours-$signal" "$MIG/mig" migrate-receive)" \
    > "$OUT/$signal.json" 2> "$OUT/$signal.txt" &
  source=$!
  wait_for 300 grep -q '"event":"pass-started".*"iteration":2' "$OUT/$signal.json" || fail 'no second pass'
  kill -$signal $source
  wait $source
  saw "status after SIG$signal: $?"
  wait_for 30 no_incoming g1 || fail 'the incoming copy is left'
  wait_for 20 no_helper || fail 'a helper is left'
  kept
done

step 'the save helper is killed in the midst'
"$MIG/mig" migrate --json -s '' -i 1000000 -d 0 g1 "$(receiver helper xl migrate-receive)" \
  > "$OUT/helper.json" 2> "$OUT/helper.txt" &
source=$!
wait_for 300 grep -q '"event":"pass-started".*"iteration":2' "$OUT/helper.json" || fail 'no second pass'
kill -KILL "$(save_helper)"
must_end $source 60 1
wait_for 30 no_incoming g1 || fail 'the incoming copy is left'
# Nobody but xl is left to turn log-dirty off.
kept

step 'the target is ours, and its xl is killed in the midst'
"$MIG/mig" migrate --json -s '' -i 1000000 -d 0 g1 "$(receiver killed "$MIG/mig" migrate-receive)" \
  > "$OUT/target.json" 2> "$OUT/target.txt" &
source=$!
wait_for 300 grep -q '"event":"pass-started".*"iteration":2' "$OUT/target.json" || fail 'no second pass'
kill -KILL "$(pgrep -of 'mig migrate-receive')"
wait $source
[ $? = 1 ] || fail 'status not 1'
wait_for 60 no_incoming g1 || fail 'the incoming copy is left'
kept
