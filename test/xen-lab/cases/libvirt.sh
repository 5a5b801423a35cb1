# What the cases with libvirt are written with, after lib.sh. Two daemons on one Xen stand for two hosts: the usual one, and
# `other`, which has folders and a host's name of its own. Each domain is one daemon's; xl sees them all.
export LIBVIRT_DEFAULT_URI=xen:///system
# Where the other one listens, and what it calls the domains that come to it: one Xen has each name once.
OTHER="xen+unix:///system?socket=$WORK/other/run/libvirt-sock"

# The emulated processor has no VME, without which libvirt knows no model of it, and does not start.
sed -i '/vme/d' /usr/share/libvirt/cpu_map/x86_486.xml

# start_libvirt HELPER [other]: the daemon with that save helper in its environment.
start_libvirt() {
  local who=${2:-libvirt} uri=$LIBVIRT_DEFAULT_URI
  step "start $who with $1"
  mkdir -p "$WORK/$who"
  {
    printf 'auth_unix_rw = "none"\nauth_unix_ro = "none"\nhost_uuid = "%s"\n' "$(cat /proc/sys/kernel/random/uuid)"
    # The level is libxl's, too, and all that the helper says is wanted; of libvirt itself warnings are enough.
    printf 'log_level = 1\nlog_filters = "3:util 3:rpc 3:event 3:conf 3:access 3:datatypes 3:remote"\n'
    printf 'log_outputs = "3:file:%s/%s.log"\n' "$OUT" "$who"
  } > "$WORK/$who/conf"
  if [ "$who" = other ]; then
    uri=$OTHER
    mkdir -p "$WORK"/other/{run,lib,log}
    must env LIBXL_SAVE_HELPER="$1" unshare --mount --uts sh -e -c "
      hostname other
      mount --bind $WORK/other/run /run/libvirt
      mount --bind $WORK/other/lib /var/lib/libvirt
      mount --bind $WORK/other/log /var/log/libvirt
      exec libvirtd --daemon --config $WORK/other/conf --pid-file $WORK/other/pid"
  else
    LIBXL_SAVE_HELPER=$1 must libvirtd --daemon --config "$WORK/$who/conf" --pid-file "$WORK/$who/pid"
  fi
  wait_for 60 virsh -c "$uri" list > "$WORK/$who/list" 2>&1 || { cat "$WORK/$who/list"; fail "$who does not answer"; }
}

# stop_libvirt [other]: the domains run on.
stop_libvirt() {
  local pid
  pid=$(cat "$WORK/${1:-libvirt}/pid")
  kill "$pid"
  wait_for 30 has_ended "$pid" || fail "libvirtd $pid does not end"
}

has_ended() { ! kill -0 "$1" 2> /dev/null; }

# settings LINE...: of mig's helper, for whoever runs it.
settings() { printf '%s\n' "$@" > /etc/default/mig; }

# create_libvirt_guest NAME KERNEL WORD...
create_libvirt_guest() {
  local name=$1
  shift
  step "create $name"
  cat > "$WORK/$name.xml" << XML
<domain type='xen'>
  <name>$name</name><memory unit='MiB'>96</memory><vcpu cpuset='1'>1</vcpu>
  <os>
    <type arch='x86_64' machine='xenpvh'>xenpvh</type>
    <kernel>/lab/vmlinuz</kernel><initrd>/lab/guest-initrd.gz</initrd><cmdline>console=hvc0 quiet $*</cmdline>
  </os>
  <devices><console type='pty'><target type='xen' port='0'/></console></devices>
</domain>
XML
  must virsh create "$WORK/$name.xml"
  wait_ticks "$name" 3
}

# take_said LOG [other]: what libxl and the helper have said to that daemon since the last time goes to $OUT/LOG, without
# the time. libvirt has a log for each domain as well, but the helper's words are not in it.
take_said() {
  local log=/var/log/libvirt/libxl/libxl-driver.log
  [ "${2:-}" != other ] || log=$WORK/other/log/libxl/libxl-driver.log
  tr '\r' '\n' < "$log" | tr -d '\0' | sed -E 's/^[0-9-]{10} [0-9:.+]+: //' > "$OUT/$1"
  : > "$log"
}
