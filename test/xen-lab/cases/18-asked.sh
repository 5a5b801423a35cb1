#!/bin/bash
# What mig migrate asks a stock xl before it sends anything, and what it does not try then.
# limit: 600 s
. /mnt/lib.sh

guest_config g1 wss=256 rate=300
create_guest g1

# As through ssh to a host with a stock xl that notes what it is asked, and does not receive. What it says of itself $WORK/info
# changes; its processors are of another vendor where $WORK/vendor is there.
mkdir -p "$WORK/bin"
cat > "$WORK/bin/xl" << END
#!/bin/sh
echo "\$*" >> $WORK/asked
case \$* in
  *migrate-receive) exit 1 ;;
  info) $(command -v xl) info | sed -f $WORK/info ;;
  *) exec $(command -v xl) "\$@" ;;
esac
END
cat > "$WORK/bin/grep" << END
#!/bin/sh
[ -e $WORK/vendor ] || exec $(command -v grep) "\$@"
printf 'vendor_id\t: GenuineIntel\n'
END
printf '#!/bin/sh\nshift\nPATH=%s:$PATH\nexec sh -c "$*"\n' "$WORK/bin" > "$WORK/ssh"
chmod +x "$WORK/bin/xl" "$WORK/bin/grep" "$WORK/ssh"
: > "$WORK/info"

received() { grep -q 'migrate-receive$' "$WORK/asked"; }

# migrated LOG [OPTION...]: its status is in $status.
migrated() {
  rm -f "$WORK/asked"
  status=0
  "$MIG/mig" migrate "${@:2}" -s "$WORK/ssh" g1 host2 > "$OUT/$1.txt" 2>&1 || status=$?
  cp "$WORK/asked" "$OUT/$1-asked.txt"
}

# not_tried LOG WORDS
not_tried() {
  step "$1"
  migrated "$1"
  [ $status = 1 ] || fail "status $status"
  expect_said "host2 would not take g1: $2" "$OUT/$1.txt"
  ! received || fail 'it was begun'
}

touch "$WORK/vendor"
not_tried other-vendor 'the domain was told a processor of AuthenticAMD, and there is one of GenuineIntel'
rm "$WORK/vendor"

if [ "$XEN" != /usr/lib/xen-4.17 ]; then
  echo '/^xen_minor/s/:.*/: 17/' > "$WORK/info"
  not_tried older-xen 'the domain comes from Xen 4\.[0-9]+, and Xen 4.17 cannot load'
fi

step 'tried all the same'
migrated unasked --no-check
[ $status = 1 ] || fail "status $status"
received || fail 'it was not tried'
! grep -q info "$WORK/asked" || fail 'it was asked'

step 'nothing is in the way'
: > "$WORK/info"
migrated tried
received || fail 'it was not tried'
grep -q info "$WORK/asked" || fail 'it was not asked'
check_kept g1
saw "$(ls "$OUT" | grep -c -- '-asked.txt') targets, none of which received"
