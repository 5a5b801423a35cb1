#!/bin/bash
# Stock xl at both ends migrates a guest live, with mig's helper at the source, at the target and at both.
# limit: 300 s
. /mnt/lib.sh

guest_config g1 wss=512 rate=500
create_guest g1

# one LOG SOURCE TARGET
one() {
  local began
  began=$(milliseconds)
  migrate "$1" g1 "$2" "$3"
  saw "$1 $(seconds_since "$began") s"
  check_guest g1
  saw "downtime $(downtime_of g1 "$began") ms"
}

one source "$OURS" "$STOCK"
[ "$(passes precopy "$OUT/source-source.txt")" = 5 ] || fail 'not 5 live passes'
one target "$STOCK" "$OURS"
one both "$OURS" "$OURS"
must no_helper
[ "$(log_dirty_of g1)" = off ] || fail 'log-dirty is on'
