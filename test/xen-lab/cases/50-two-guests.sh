#!/bin/bash
# Two guests are migrated live at the same time, with mig's helper at all four ends.
# limit: 300 s
. /mnt/lib.sh

for name in g1 g2; do
  # Both have the one CPU that is not dom0's.
  guest_config $name wss=512 rate=100
  create_guest $name
done

began=$(milliseconds)
migrate both-g1 g1 "$OURS" "$OURS" &
first=$!
migrate both-g2 g2 "$OURS" "$OURS" &
second=$!
must wait $first
must wait $second
saw "both: $(seconds_since "$began") s"
for name in g1 g2; do
  check_guest $name
  saw "$name: downtime $(downtime_of $name "$began") ms"
done
must no_helper
