#!/bin/bash
# Xen's verifier accepts an image of the embedded hypervisor. dom0's kernel is too old for its live migration.
# limit: 300 s
. /mnt/lib.sh

export MIG_HYPERVISOR=embedded MIG_HOST_DIR=$WORK/host
is_listed() { "$MIG/xl" list | grep -q '^g1 '; }

printf 'name = "g1"\ntype = "wasm"\nkernel = "wss"\nmemory = 16\ncmdline = "pages=256 rate=200"\n' > "$WORK/g1.cfg"
step 'create an embedded domain'
must "$MIG/xl" create "$WORK/g1.cfg"
must is_listed

step 'xl save'
must "$MIG/xl" save g1 "$WORK/image"
! is_listed || fail 'g1 is still there'
verify_image "$WORK/image"
saw "image of $(stat -c %s "$WORK/image") bytes"

step 'xl restore'
must "$MIG/xl" restore "$WORK/image"
must is_listed
must "$MIG/xl" destroy g1
