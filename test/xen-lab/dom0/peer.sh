#!/bin/bash
# The second machine's run.sh: is there for the first one's cases, and cleans up after each when it is told.
#   /run/peer/case           the name of the case that is over
#   /run/peer/cleaned-CASE   that has been done
#   /run/peer/over           that was the last one
. /mnt/clean.sh
mkdir -p /run/peer /root/case
until [ -e /run/peer/over ]; do
  sleep 0.5
  name=$(cat /run/peer/case 2>/dev/null) || continue
  rm /run/peer/case
  clean_up "/mnt/out/$name" && touch "/run/peer/cleaned-$name"
done
