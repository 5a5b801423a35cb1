#!/bin/bash
# What mig knows of this Xen is so, by what libxl and the hypervisor say; and a newer one, by another name, is taken for it.
# limit: 120 s
. /mnt/lib.sh

step 'mig info'
"$MIG/mig" info > "$OUT/info.txt"
said="mig                    : Xen $(xl info xen_major).$(xl info xen_minor), tested in the lab"
[ "$(head -1 "$OUT/info.txt")" = "$said" ] || fail "mig info begins with: $(head -1 "$OUT/info.txt")"
expect_said '^xen_version  ' "$OUT/info.txt"
[ "$("$MIG/mig" info xen_version)" = "$(xl info xen_version)" ] || fail 'a field is not as stock says it'

step 'the row, and a version that is newer than it'
# As the libraries of Xen 4.99 would be found.
for library in xenctrl xenguest xenlight xlutil; do
  ln -s "$(ldconfig -p | awk -v name="lib$library.so.4" 'index($1, name) == 1 { print $NF }' | head -1)" \
    "$WORK/lib$library.so.4.99"
done
LD_LIBRARY_PATH=$WORK must node /mnt/versions.mjs > "$OUT/versions.txt" 2>&1
cat "$OUT/versions.txt"
saw "$(tail -1 "$OUT/versions.txt")"
