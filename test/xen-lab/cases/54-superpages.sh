#!/bin/bash
# A domain arrives in pieces of 2 MiB, from either helper, and moves on to stock's as any other.
# limit: 300 s
. /mnt/lib.sh

guest_config g1 wss=512 rate=500
create_guest g1

# pieces_of FILE: how many of them the restore helper speaks of.
pieces_of() { sed -n 's/^xl-save-helper: .*; \([0-9]*\) times 2 MiB in one piece.*/\1/p' "$1"; }

# arrives LOG SOURCE: of its 48 pieces most have no hole.
arrives() {
  local pieces
  migrate "$1" g1 "$2" "$OURS"
  check_guest g1
  pieces=$(pieces_of "$OUT/$1-target.txt")
  [ "${pieces:-0}" -ge 40 ] || fail "it has ${pieces:-no} pieces of 2 MiB"
  saw "$1: $pieces pieces"
}

arrives from-stock "$STOCK"
arrives from-ours "$OURS"
migrate to-stock g1 "$OURS" "$STOCK"
check_guest g1
