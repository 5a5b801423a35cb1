#!/bin/bash
# The Debian package, installed by apt and nothing else: in both directions against stock, upgraded in the middle of a migration, purged.
# limit: 900 s
. /mnt/lib.sh
export DEBIAN_FRONTEND=noninteractive
PACKAGES=/opt/mig/packages
MIG=/usr/bin
OURS=$MIG/xl-save-helper

# install_package VERSION
install_package() { apt-get install -y "$PACKAGES/mig_$1_amd64.deb"; }

# What is there of the file system, but for logs, states of dpkg and apt, and what a case may write.
all_files() {
  find / -xdev \( -path /var/log -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache/apt -o -path /tmp \
    -o -path "$WORK" -o -path /var/cache/debconf -o -path /var/lib/xen -o -path /etc/ld.so.cache \) -prune -o -print | sort
}

if ! dpkg --compare-versions "$(dpkg-query -W -f '${Version}' nodejs 2>/dev/null || echo 0)" ge 20.19; then
  step 'a Debian whose Node is too old'
  install_package 0.0.0 > "$OUT/install.txt" 2>&1 && fail 'it is installed'
  expect_said 'mig : Depends: nodejs \(>= 20.19\)' "$OUT/install.txt"
  saw "$(grep -a 'Depends: nodejs' "$OUT/install.txt" | sed 's/^ *//')"
  exit
fi

[ ! -e $MIG/mig ] || fail 'mig is there before it is installed'
guest_config busy wss=512 rate=500
create_guest busy
# As on a host that has never had mig: purging removes what other cases have left as well.
rm -rf /var/lib/mig /var/cache/mig
all_files > "$WORK/before"

# host2 is this host: what ssh would run there is run here.
mkdir "$WORK/bin"
printf '#!/bin/sh\nshift\nexec sh -c "$*"\n' > "$WORK/bin/ssh"
chmod +x "$WORK/bin/ssh"
step "the README's installation, as it stands there"
must cp "$PACKAGES/mig_0.0.0_amd64.deb" "$WORK"
began=$(milliseconds)
(cd "$WORK" && PATH=$WORK/bin:$PATH must bash -euxc "$(cat $PACKAGES/install.sh)") > "$OUT/install.txt" 2>&1 ||
  { tail -20 "$OUT/install.txt"; fail "the README's lines do not work"; }
saw "installed, and moved to stock: $(seconds_since "$began") s, downtime $(downtime_of busy "$began") ms"
check_guest busy
mig info > "$OUT/info.txt"
expect_said '^mig +: Xen 4\.[0-9]+, tested in the lab' "$OUT/info.txt"

ls /run/mig/node-*.blob > /dev/null || fail 'no snapshot of the start of Node was made'

# one LOG SENDER RECEIVER
one() {
  local began
  step "$1"
  began=$(milliseconds)
  must "$2" migrate -s '' busy "$(receiver "$1" "$3" migrate-receive)"
  saw "$1 $(seconds_since "$began") s"
  check_guest busy
}
one stock-to-ours xl mig
migrate helpers busy "$OURS" "$OURS"
check_guest busy

start_slowly upgraded busy
migration_began=$(milliseconds)
step 'apt install of the next version'
must install_package 0.0.1 > "$OUT/upgrade.txt" 2>&1
[ "$(dpkg-query -W -f '${Version}' mig)" = 0.0.1 ] || fail 'it is not upgraded'
! is_over "$migration" || fail 'the migration has ended'
must mig migrate-set --bandwidth none busy
must_end "$migration" 300 0
saw "upgraded: downtime $(downtime_of busy "$migration_began") ms"
check_guest busy
one after-the-upgrade mig mig
destroy_guest busy

step 'the name xl'
must ln -s /usr/lib/mig/xl /usr/local/bin/xl
must /usr/local/bin/xl cordon --status > "$OUT/cordon.txt"
expect_said '^Domains may arrive' "$OUT/cordon.txt"
[ "$(/usr/local/bin/xl domid Domain-0)" = 0 ] || fail 'what is not of mig does not go to stock'

step 'apt purge'
must apt-get purge -y mig > "$OUT/purge.txt" 2>&1
all_files > "$WORK/after"
diff "$WORK/before" "$WORK/after" > "$OUT/left.txt" || { cat "$OUT/left.txt"; fail 'apt purge leaves files'; }
[ ! -e /run/mig ] || fail '/run/mig is left'
