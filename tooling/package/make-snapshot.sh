#!/bin/sh
# Makes a snapshot of Node's start for /usr/lib/mig/node, at installation, at each boot, and once Node has changed.
# Without one mig starts all the same, but later.
set -eu
unset NODE_OPTIONS
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p -m 755 /run/mig
snapshot=@SNAPSHOT@ || true
fresh=/run/mig/making-$$
trap 'rm -f "$fresh"' EXIT
/usr/bin/node --snapshot-blob "$fresh" --build-snapshot /usr/lib/mig/snapshot.cjs
# A Node that cannot begin with its own snapshot is to begin without.
/usr/bin/node --snapshot-blob "$fresh" /usr/lib/mig/node_modules/@mig/xl/bin/xl.js --version > /dev/null
chmod 644 "$fresh"
# At no moment is it missing: a program that has found it is about to open it.
mv "$fresh" "$snapshot"
for old in /run/mig/node-*.blob; do [ "$old" = "$snapshot" ] || rm -f "$old"; done
