#!/bin/bash
# An HVM guest with a device model, moved by mig's own xl at both ends: paused by mig while it is suspended, its
# configuration read once more, and resumed here where the target is not ready.
# limit: 1200 s
PATIENCE=600
. /mnt/lib.sh

guest_config g1 type=hvm memory=112 wss=512 rate=200
create_guest g1

step 'the target is never ready'
printf '#!/bin/sh\nprintf "xl migration receiver ready, send binary domain data.\\n"\nexec cat > /dev/null\n' > "$WORK/never.sh"
chmod +x "$WORK/never.sh"
"$MIG/mig" migrate --json -s '' --ready-timeout 5 g1 "$WORK/never.sh" > "$OUT/never.json" 2> "$OUT/never.txt"
[ $? = 1 ] || { tail -3 "$OUT/never.json"; fail 'status not 1'; }
check_kept g1

step 'xl migrate'
began=$(milliseconds)
"$MIG/mig" migrate -s '' g1 "$(receiver ours "$MIG/mig" migrate-receive)" > "$OUT/migrate.txt" 2>&1 || {
  tail -5 "$OUT/migrate.txt"
  fail 'not migrated'
}
saw "$(seconds_since "$began") s"
check_guest g1
saw "downtime $(downtime_of g1 "$began") ms"
