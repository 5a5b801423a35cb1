#!/bin/bash
# Another configuration than the domain's own: migrate -C and save with a CONFIG, read by the stock xl, received and restored by stock.
# limit: 900 s
. /mnt/lib.sh

guest_config g1 wss=256 rate=300
printf 'on_reboot = "restart"\non_crash = "destroy"\n' >> "$WORK/g1.cfg"
create_guest g1
uuid_of() { xl list -l "$1" | node -e 'console.log(JSON.parse(fs.readFileSync(0, "utf8"))[0].config.c_info.uuid)'; }
# said_of NAME: what a domain's configuration has that the file changes.
said_of() {
  xl list -l "$1" | node -e '
    const { config } = JSON.parse(fs.readFileSync(0, "utf8"))[0];
    // libxl leaves out what is as by default.
    console.log(config.on_reboot ?? "destroy", config.on_crash ?? "destroy")'
}
UUID=$(uuid_of g1)
[ "$(said_of g1)" = 'restart destroy' ] || fail "g1 has $(said_of g1)"

# A file name that neither a shell nor an option parser should see anything in.
OTHER="$WORK/-other = \$(x) 'y'.cfg"
sed 's/^on_reboot.*/on_reboot = "destroy"/; s/^on_crash.*/on_crash = "preserve"/' "$WORK/g1.cfg" > "$OTHER"

step 'what a dry run of the stock xl touches: nothing'
xenstore-ls -fp > "$OUT/store-before.txt"
xl list > "$OUT/list-before.txt"
must xl create --dryrun --quiet --ignore-global-affinity-masks --defconfig "$OTHER" > "$OUT/dryrun.json"
must node -e 'JSON.parse(fs.readFileSync(process.argv[1], "utf8")).c_info.name' "$OUT/dryrun.json"
xenstore-ls -fp > "$OUT/store-after.txt"
# The clock in it, and what the guest itself writes, may go on.
diff <(grep -av memory "$OUT/store-before.txt") <(grep -av memory "$OUT/store-after.txt") || fail 'the store has changed'
[ "$(domains_called g1)" = 1 ] || fail 'there is another g1'

# refused WORDS CHANGE COMMAND...: a file with that change is refused before the target is started, or an image begun.
TARGET="touch $WORK/was-started"
refused() {
  local words=$1 change=$2
  shift 2
  sed "$change" "$WORK/g1.cfg" > "$WORK/bad.cfg"
  ! "$@" > "$OUT/refused.txt" 2>&1 || fail "not refused: $words"
  expect_said "$words" "$OUT/refused.txt"
  [ ! -e "$WORK/was-started" ] && [ ! -e "$WORK/no-image" ] || fail "something was begun: $words"
  echo "refused: $(tail -1 "$OUT/refused.txt")"
}
migration() { refused "$@" "$MIG/mig" migrate -s '' -C "$WORK/bad.cfg" g1 "$TARGET"; }
saving() { refused "$@" "$MIG/mig" save g1 "$WORK/no-image" "$WORK/bad.cfg"; }

step 'what does not fit'
migration "type is pv, and the domain is pvh" 's/^type.*/type = "pv"/'
saving 'memory is 64 MiB, and the domain has 96' 's/^memory.*/memory = 64/'
migration 'parsing error' 's/^memory.*/memory = = 96/'
migration "UUID is 7209914c-eb2c-11f1-a38e-4f5345a45087, and the domain's $UUID" \
  '1i uuid = "7209914c-eb2c-11f1-a38e-4f5345a45087"'
! "$MIG/mig" migrate -s '' -C "$WORK/none.cfg" g1 true > "$OUT/none.txt" 2>&1 || fail 'a file that is not there is taken'
expect_said 'none.cfg: No such file' "$OUT/none.txt"

step 'disks and bridges of the file are looked for at the target'
{
  cat "$WORK/g1.cfg"
  echo 'disk = ["format=raw, vdev=xvda, access=rw, target=/nowhere/disk.img"]'
  echo 'vif = ["bridge=nobridge"]'
} > "$WORK/devices.cfg"
! "$MIG/mig" migrate -s '' -C "$WORK/devices.cfg" g1 "$(receiver devices "$MIG/mig" migrate-receive)" > "$OUT/devices.txt" 2>&1 ||
  fail 'it went to where its disk is not'
expect_said 'disks: not there: .*/nowhere/disk.img' "$OUT/devices.txt"
expect_said 'bridges: not there: .*nobridge' "$OUT/devices.txt"
check_kept g1

step 'what is sent is what stock sends, but for the UUID'
must xl save -c g1 "$WORK/by-stock" "$OTHER"
must "$MIG/mig" save -c g1 "$WORK/by-ours" "$OTHER"
must node -e '
  const [stock, ours, uuid] = process.argv.slice(1);
  // Of the xl header: 48 octets, then the length of the JSON, then that and its NUL.
  const sent = (file) => {
    const octets = fs.readFileSync(file);
    return JSON.parse(octets.subarray(52, 52 + octets.readUInt32LE(48) - 1));
  };
  const wanted = sent(stock);
  assert.notEqual(wanted.c_info.uuid, uuid);
  wanted.c_info.uuid = uuid;
  assert.deepEqual(sent(ours), wanted);
' "$WORK/by-stock" "$WORK/by-ours" "$UUID"
rm "$WORK/by-stock" "$WORK/by-ours"

# with LOG NAME FILE RECEIVER NEW WHAT: moved with the file, it is called NEW, has what the file says, and is who it was.
with() {
  step "$1"
  must "$MIG/mig" migrate -s '' -C "$3" "$2" "$(receiver "$1" "$4" migrate-receive)" 2> "$OUT/$1.txt"
  [ "$2" = "$5" ] || no_domain "$2" || fail "$2 is still there"
  check_guest "$5"
  [ "$(said_of "$5")" = "$6" ] || fail "$5 has $(said_of "$5"), not $6"
  [ "$(uuid_of "$5")" = "$UUID" ] || fail "its UUID was $UUID and is $(uuid_of "$5")"
}
sed 's/^name.*/name = "g2"/' "$OTHER" > "$WORK/renamed.cfg"
with to-stock g1 "$WORK/renamed.cfg" xl g2 'destroy preserve'
with to-ours g2 "$WORK/g1.cfg" "$MIG/mig" g1 'restart destroy'

step 'saved with it, restored by stock'
must "$MIG/mig" save g1 "$WORK/image" "$OTHER"
wait_for 30 no_domain g1 || fail 'g1 is still there after it was saved'
verify_image "$WORK/image"
must xl restore "$WORK/image"
check_guest g1
[ "$(said_of g1)" = 'destroy preserve' ] || fail "g1 has $(said_of g1)"
[ "$(uuid_of g1)" = "$UUID" ] || fail "its UUID was $UUID and is $(uuid_of g1)"
saw 'on_reboot and on_crash as the file has them; the UUID stayed'
