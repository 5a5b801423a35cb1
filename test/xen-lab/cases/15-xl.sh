#!/bin/bash
# mig's own xl: to the stock receiver, from the stock sender, at both ends; saved by it and restored by stock.
# limit: 600 s
. /mnt/lib.sh

guest_config g1 wss=512 rate=500
create_guest g1

# one LOG SENDER RECEIVER
one() {
  local began
  step "$1"
  began=$(milliseconds)
  must $2 migrate -s '' g1 "$(receiver "$1" "$3" migrate-receive)"
  saw "$1 $(seconds_since "$began") s"
  check_guest g1
  saw "downtime $(downtime_of g1 "$began") ms"
  [ "$(log_dirty_of g1)" = off ] || fail 'log-dirty is on'
}

one ours-to-stock "$MIG/mig" xl
one stock-to-ours xl "$MIG/mig"
one ours-to-ours "$MIG/mig" "$MIG/mig"

step 'saved by ours, restored by stock'
must "$MIG/mig" save g1 "$WORK/image"
wait_for 30 no_domain g1 || fail 'g1 is still there after it was saved'
[ "$(stat -c %a "$WORK/image")" = 600 ] || fail "the image has mode $(stat -c %a "$WORK/image")"
verify_image "$WORK/image"
must xl restore "$WORK/image"
check_guest g1

step 'what is not ours is handed to the stock xl'
[ "$("$MIG/mig" domid g1)" = "$(xl domid g1)" ] || fail 'mig domid says something else than xl domid'
"$MIG/mig" no-such-command > "$OUT/unknown.txt" 2>&1
unknown=$?
xl no-such-command > "$OUT/unknown-stock.txt" 2>&1
[ $unknown = $? ] || fail "status $unknown of a command that nobody has"
