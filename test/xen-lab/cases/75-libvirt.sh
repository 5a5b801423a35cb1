#!/bin/bash
# libvirt saves, restores and migrates a guest with mig's helper, by the settings in /etc/default/mig, and with the stock
# helper at either end; mig reads what it saves.
# limit: 500 s
. /mnt/lib.sh
. /mnt/libvirt.sh

# stream ARGUMENTS...: mig's, of the image.
stream() { must "$MIG/mig" stream "$@" "$WORK/image"; }

# save_and_restore LOG SAVER RESTORER: the helpers.
save_and_restore() {
  step "$1"
  take_said before.txt
  must virsh save g1 "$WORK/image"
  must no_domain g1
  take_said "$1-save.txt"
  helped_by "$2" "$OUT/$1-save.txt"
  stream verify > "$OUT/$1-verify.txt"
  expect_said ': as specified: .* 0 wrong' "$OUT/$1-verify.txt"
  if [ "$2" != "$3" ]; then
    stop_libvirt
    start_libvirt "$3"
  fi
  must virsh restore "$WORK/image"
  take_said "$1-restore.txt"
  helped_by "$3" "$OUT/$1-restore.txt"
  check_guest g1
}

# move LOG SOURCE TARGET FROM TO OPTION...: the helpers, then the names: g1 is at the usual daemon, g2 at the other one.
move() {
  local log=$1 source=$2 target=$3 from=$4 to=$5 here=$LIBVIRT_DEFAULT_URI there=$OTHER at= comes=other began
  shift 5
  if [ "$from" = g2 ]; then
    here=$OTHER there=$LIBVIRT_DEFAULT_URI at=other comes=
  fi
  step "migrate $from: $log"
  take_said before.txt
  take_said before-other.txt other
  began=$(milliseconds)
  must virsh -c "$here" migrate "$@" --dname "$to" --migrateuri tcp://127.0.0.1 "$from" "$there"
  saw "$log $(seconds_since "$began") s"
  must no_domain "$from"
  take_said "$log-source.txt" $at
  take_said "$log-target.txt" $comes
  helped_by "$source" "$OUT/$log-source.txt"
  helped_by "$target" "$OUT/$log-target.txt"
  check_guest "$to"
}

settings MIG_PRECOPY_ITERATIONS=2 MIG_PRECOPY_THRESHOLD=0
start_libvirt "$OURS"
create_libvirt_guest g1 wss=512 rate=500

save_and_restore to-stock-restore "$OURS" "$STOCK"
stream inspect > "$OUT/inspect.txt"
expect_said '^libvirt +- +0 +libvirt header ' "$OUT/inspect.txt"
must "$MIG/mig" stream copy "$WORK/image" "$WORK/copy"
must cmp "$WORK/image" "$WORK/copy"
! xl restore "$WORK/copy" > "$OUT/xl-restore.txt" 2>&1 || fail 'xl restores what virsh saved'
expect_said 'wrong magic number' "$OUT/xl-restore.txt"
rm "$WORK/copy"
save_and_restore from-stock-save "$STOCK" "$OURS"
# Where the fixture in packages/protocol comes from: all that is before the first page.
head -c 4096 "$WORK/image" > "$OUT/head.bin"

start_libvirt "$OURS" other
move live "$OURS" "$OURS" g1 g2 --live
[ "$(passes precopy "$OUT/live-source.txt")" = 2 ] || fail 'not two live passes, as the settings have it'
stop_libvirt
start_libvirt "$STOCK"
move to-stock "$OURS" "$STOCK" g2 g1
[ "$(passes precopy "$OUT/to-stock-source.txt")" = 0 ] || fail 'a live pass without --live'
move from-stock "$STOCK" "$OURS" g1 g2 --live
must no_helper
[ "$(log_dirty_of g2)" = off ] || fail 'log-dirty is on'
