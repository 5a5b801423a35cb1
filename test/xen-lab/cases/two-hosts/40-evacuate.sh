#!/bin/bash
# A host with three guests is emptied by mig, to one where stock's xl receives, and they are brought back.
# limit: 2400 s
. /mnt/two-hosts.sh

GUESTS=(g1 g2 g3)
guest_config g1 wss=128 rate=100
guest_config g2 wss=256 rate=300
guest_config g3 wss=512 rate=500
for guest in "${GUESTS[@]}"; do create_guest "$guest"; done

on_host2 name_mig

# evacuate LOG OPTION...
evacuate() {
  local log=$1 began
  step "$log"
  began=$(milliseconds)
  must "$MIG/mig" evacuate --json --name host1 "${@:2}" > "$OUT/$log.json" 2> "$OUT/$log.txt"
  saw "$log $(seconds_since "$began") s, downtimes $(sed -n 's/.*"state":"moved".*"downtimeMilliseconds":\([0-9.]*\).*/\1/p' "$OUT/$log.json" | paste -sd ' ') ms"
}

step 'plan'
must "$MIG/mig" evacuate --json --name host1 --to host2 --link 100MB/s --dry-run > "$OUT/plan.json" 2> "$OUT/plan.txt"
[ "$(grep -o '"target":"host2"' "$OUT/plan.json" | wc -l)" = 3 ] || fail 'three are planned'

evacuate there --to host2 --link 100MB/s
for guest in "${GUESTS[@]}"; do
  must no_domain "$guest"
  on_host2 check_guest "$guest"
  fetch_console "$guest"
  check_memory "$guest"
done
must no_helper

run=$(sed -n 's/.*"event":"end","run":"\([^"]*\)".*/\1/p' "$OUT/there.json")
evacuate back --back "$run"
for guest in "${GUESTS[@]}"; do
  on_host2 must no_domain "$guest"
  check_guest "$guest"
done
on_host2 must no_helper
must "$MIG/mig" cordon --status > "$OUT/arrivals.txt"
expect_said "^Domains may arrive" "$OUT/arrivals.txt"
