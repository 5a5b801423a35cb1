#!/bin/bash
# mig migrate --check: what mig and the stock xl say of a guest that can move, and mig of what this host would not take.
# limit: 700 s
. /mnt/lib.sh

guest_config g1 wss=256 rate=300
create_guest g1

# check LOG XL: as through ssh to a host whose xl is XL. Its status.
check() {
  mkdir -p "$WORK/bin"
  printf '#!/bin/sh\nexec %s "$@"\n' "$2" > "$WORK/bin/xl"
  printf '#!/bin/sh\nshift\nPATH=%s:$PATH\nexec sh -c "$*"\n' "$WORK/bin" > "$WORK/ssh"
  chmod +x "$WORK/bin/xl" "$WORK/ssh"
  "$MIG/mig" migrate --check --json -s "$WORK/ssh" g1 host2 > "$OUT/$1.json" 2> "$OUT/$1.txt"
}

# outcomes FILE: "check outcome" of each.
outcomes() {
  node -e 'for (const { check, outcome } of JSON.parse(fs.readFileSync(process.argv[1], "utf8")).checks) console.log(check, outcome)' "$1"
}

# expect FILE CHECK OUTCOME
expect() {
  outcomes "$1" | grep -qx "$2 $3" && return
  cat "$1"
  fail "$2 is not $3"
}

step 'by mig'
# What it is asked goes to $WORK/question.
printf '#!/bin/sh\ntee %s | exec %s "$@"\n' "$WORK/question" "$MIG/mig" > "$WORK/noting"
chmod +x "$WORK/noting"
must check mig "$WORK/noting"
for name in domain log devices host kind name uuid memory version processor disks bridges; do
  expect "$OUT/mig.json" $name passed
done
cp "$WORK/question" "$OUT/question.json"

step 'by the stock xl'
check stock "$(command -v xl)"
status=$?
[ $status = 3 ] || { cat "$OUT/stock.json"; fail "status $status"; }
for name in reach host kind name memory version; do expect "$OUT/stock.json" $name passed; done
# It is this host, which nothing says for certain.
for name in uuid processor configuration; do expect "$OUT/stock.json" $name unknown; done

# asked LOG SCRIPT: what mig answers where SCRIPT has changed the question q, and its configuration c.
asked() {
  node -e "const q = JSON.parse(fs.readFileSync('$OUT/question.json', 'utf8')); const c = JSON.parse(q.configuration); $2;
    q.configuration = JSON.stringify(c); console.log(JSON.stringify(q))" |
    "$MIG/mig" migrate-receive --check 2> "$OUT/$1.txt" | tail -1 > "$OUT/$1.json"
}

step "what this host would not take"
asked much "q.xen.cpuPolicy.leaves[0][3] ^= 1; q.host = 'another'; c.c_info.domid = $(xl domid g1);
  c.disks = [{ pdev_path: '/none', vdev: 'xvda' }]; c.nics = [{ bridge: 'none' }];
  c.b_info.target_memkb = c.b_info.max_memkb = 2 ** 32"
for name in processor uuid domid disks bridges memory; do expect "$OUT/much.json" $name failed; done
asked leaves 'q.xen.cpuPolicy.leaves[0][2] = 0xffff'
expect "$OUT/leaves.json" processor failed

step 'a host that takes no arrivals'
must "$MIG/mig" cordon 'a kernel update'
asked cordoned ''
expect "$OUT/cordoned.json" cordon failed
status=0
"$MIG/mig" migrate --no-check -s '' g1 "$(receiver cordoned "$MIG/mig" migrate-receive)" > "$OUT/refused.txt" 2>&1 || status=$?
[ $status = 1 ] || fail "status $status"
expect_said 'the target refused the domain: .*a kernel update' "$OUT/refused.txt"
must "$MIG/mig" uncordon

step 'nothing was touched'
must no_incoming g1
check_kept g1
saw "$(outcomes "$OUT/mig.json" | wc -l) checks"
