#!/bin/bash
# An HVM guest with a device model, moved by mig's own xl at both ends: paused by mig while it is suspended, its
# configuration read once more, and resumed here where the target is not ready. Then moved to stock, and saved for it.
# limit: 1800 s
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

# one LOG RECEIVER
one() {
  local began
  step "$1"
  began=$(milliseconds)
  "$MIG/mig" migrate -s '' g1 "$(receiver "$1" "$2" migrate-receive)" > "$OUT/$1.txt" 2>&1 || {
    tail -5 "$OUT/$1.txt"
    fail 'not migrated'
  }
  saw "$1 $(seconds_since "$began") s"
  check_guest g1
  saw "downtime $(downtime_of g1 "$began") ms"
}
one ours-to-ours "$MIG/mig"
one ours-to-stock xl

step 'saved by ours, restored by stock'
must "$MIG/mig" save g1 "$WORK/image"
wait_for 30 no_domain g1 || fail 'g1 is still there after it was saved'
verify_image "$WORK/image"
must xl restore "$WORK/image"
check_guest g1
