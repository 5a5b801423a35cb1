#!/bin/bash
# The helper as libxl would run it, by hand: checkpointed streams, and what cannot be a command line, are refused.
# limit: 120 s
. /mnt/lib.sh

printf '\0\0\0\0' > "$WORK/answer"

# helper ARGUMENTS: what it says is in $WORK/said, its status in $STATUS.
helper() {
  STATUS=0
  timeout 60 "$OURS" "$@" < "$WORK/answer" > "$WORK/said" 2> "$WORK/errors" || STATUS=$?
  tr -c '[:print:]\n' ' ' < "$WORK/said"
  cat "$WORK/errors"
}

# expect_complete ERRNO: the last message is complete(-1, ERRNO): u16 length, u16 type, i32, i32.
expect_complete() {
  local last
  last=$(tail -c 12 "$WORK/said" | od -An -v -tx1 | tr -d ' \n')
  [ "$last" = "$(printf '0a000a00ffffffff%02x000000' "$1")" ] || fail "the last message is $last, not complete(-1, $1)"
}

for type in '1 Remus' '2 COLO'; do
  step "a checkpointed stream: $type"
  helper --save-domain 1 0 9 1 136 "${type% *}"
  [ $STATUS = 0 ] || fail "status $STATUS"
  expect_said "checkpointed streams \(${type#* }\)" "$WORK/said"
  expect_complete 95
  helper --restore-domain 0 -1 9 3 0 4 0 768 "${type% *}"
  expect_said "checkpointed streams \(${type#* }\)" "$WORK/said"
  expect_complete 95
done

step 'no such domain'
: > "$WORK/stream"
helper --save-domain 9 0 12345 1 136 0 9> "$WORK/stream"
expect_said 'no domain 12345' "$WORK/said"
expect_complete 3
[ ! -s "$WORK/stream" ] || fail 'it has written something'

step 'command lines that cannot be'
helper --save-domain 1 0 9 1 136
[ $STATUS = 255 ] || fail "status $STATUS, not 255"
[ -s "$WORK/errors" ] && [ ! -s "$WORK/said" ] || fail 'it does not say so on standard error alone'
helper --frobnicate
[ $STATUS = 255 ] || fail "status $STATUS, not 255"
