#!/bin/bash
# Domains that are suspended here, and who runs them again: one that xl suspend has put to RAM (4.20), one that a mig that was
# killed has left, one that a stock xl migrate has.
# limit: 900 s
. /mnt/lib.sh

# mig under the name xl, as after install.mjs --take-xl.
TAKEN=$MIG/xl
# Whether stock has suspend and resume.
to_ram() { xl help 2> /dev/null | grep -q '^ *suspend '; }
[ "$XEN" = /usr/lib/xen-4.17 ] || to_ram || fail 'this xl has no suspend'

guest_config g1 wss=256 rate=300
create_guest g1

# A target that takes all, and says nothing until $WORK/go is there; then it ends.
cat > "$WORK/held.sh" << END
#!/bin/bash
printf 'xl migration receiver ready, send binary domain data.\n'
exec 3<&0
cat <&3 > /dev/null &
exec < /dev/null 3<&-
until [ -e $WORK/go ]; do sleep 0.2; done
kill %1
END
chmod +x "$WORK/held.sh"

# must_fail WORDS COMMAND...: it is refused, and says why.
must_fail() {
  local words=$1
  shift
  if "$@" > "$OUT/must-fail.txt" 2>&1; then fail "not refused: $*"; fi
  expect_said "$words" "$OUT/must-fail.txt"
  echo "refused: $* : $(grep -E -- "$words" "$OUT/must-fail.txt" | head -1)"
}

is_suspended() { [[ $(state_of g1) == *s* ]]; }
awaits_ready() { is_suspended && no_helper; }

step 'a stock xl migrate waits for its target: the domain is not to be run here'
rm -f "$WORK/go"
xl migrate -s '' g1 "$WORK/held.sh" > "$OUT/stock.txt" 2>&1 &
stock=$!
wait_for 180 awaits_ready || fail "it does not come to wait: $(state_of g1)"
must_fail 'being saved or migrated by the stock xl, process [0-9]+' "$MIG/mig" resume g1
must_fail 'being saved or migrated by the stock xl' "$TAKEN" resume --force g1
expect_silence g1 3
touch "$WORK/go"
wait_for 60 is_over $stock || fail 'stock xl does not end'
check_kept g1

step 'a mig that is killed while it sends the suspended domain'
"$MIG/mig" migrate --json -s '' -i 0 --bandwidth 4MB/s --bandwidth-always g1 \
  "$(receiver killed "$MIG/mig" migrate-receive)" > "$OUT/killed.jsonl" 2> "$OUT/killed.txt" &
migration=$!
wait_said 300 '"state":"stop-and-copy"' "$OUT/killed.jsonl"
must_fail 'being migrated' "$TAKEN" resume g1
kill -KILL $migration
wait_for 60 no_helper || fail 'its helper lives on'
wait_for 60 no_incoming g1 || fail 'the copy is left'
[ "$(state_of g1)" = --pss- ] || fail "g1 is left $(state_of g1)"
if to_ram; then
  # It takes the suspend back, and not mig's pause.
  must xl resume g1
  expect_silence g1 3
fi
must "$TAKEN" resume g1
check_kept g1
must_fail 'is not suspended' "$TAKEN" resume g1
saw 'resume: not while a stock xl migrate has it; after a mig that was killed'

if ! to_ram; then
  must_fail 'command not implemented' "$TAKEN" suspend g1
  check_still_here g1
  exit
fi

step 'to RAM and back: suspend is stock, resume is mig'
must "$TAKEN" suspend g1
is_suspended || fail "g1 is $(state_of g1) after xl suspend"
expect_silence g1 3
must_fail 'is suspended already' "$MIG/mig" save g1 "$WORK/no-image"
must_fail 'is suspended already' "$MIG/mig" migrate -s '' g1 "$WORK/held.sh"
must "$TAKEN" resume g1
check_kept g1

step 'the same by stock alone'
must xl suspend g1
expect_silence g1 3
must xl resume g1
check_kept g1

step 'to RAM in the midst of a migration by mig: it stays here, and stands still'
start_slowly ram
must xl suspend g1
must "$MIG/mig" migrate-set --bandwidth 50MB/s g1 > /dev/null
must_end $migration 300 1
expect_said 'was suspended by another command meanwhile' "$OUT/ram.jsonl"
wait_for 20 no_incoming g1 || fail 'the copy is left'
is_suspended || fail "g1 is $(state_of g1)"
expect_silence g1 3
must "$TAKEN" resume g1
check_kept g1

step 'a stock xl resume of what mig has suspended: it does not run'
rm -f "$WORK/go"
"$MIG/mig" migrate --json -s '' --ready-timeout 600 g1 "$WORK/held.sh" > "$OUT/resumed.jsonl" 2> "$OUT/resumed.txt" &
migration=$!
wait_said 300 '"state":"awaiting-ready"' "$OUT/resumed.jsonl"
must xl resume g1
expect_silence g1 3
touch "$WORK/go"
must_end $migration 300 1
check_kept g1
saw 'to RAM by stock, back by mig; xl suspend during a migration keeps it here; xl resume then does not run it'
