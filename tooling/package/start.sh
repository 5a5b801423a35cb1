#!/bin/sh
# Debian's Node is built without a snapshot of its own start, which is a third of the time that mig needs to begin.
# make-snapshot has made one of this very Node, on this boot: V8 refuses that of another processor.
node=/usr/bin/node
if [ -z "${NODE_OPTIONS-}" ]; then
  snapshot=@SNAPSHOT@
  [ -f "$snapshot" ] && exec "$node" --snapshot-blob "$snapshot" @PROGRAM@"$@"
fi
exec "$node" @PROGRAM@"$@"
