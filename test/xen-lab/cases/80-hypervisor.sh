#!/bin/bash
# The cases that any hypervisor must pass, on this host: what the embedded hypervisor is held to as well.
# limit: 1200 s
. /mnt/lib.sh

guest_config case wss=256 rate=500
grep -v '^name' "$WORK/case.cfg" > "$WORK/template.cfg"
node /mnt/hypervisor-cases.mjs "$WORK/template.cfg" > "$OUT/cases.txt" 2> "$OUT/libxl.txt"
status=$?
cat "$OUT/cases.txt"
[ $status = 0 ] || fail "$(grep -c FAILED "$OUT/cases.txt") of the cases failed: $(grep FAILED "$OUT/cases.txt" | head -1)"
saw "$(tail -1 "$OUT/cases.txt")"
