# What run.sh and peer.sh do after a case: keep what it left to look at, and leave nothing of it to the next.
# Of the one version that is installed.
XEN=$(echo /usr/lib/xen-4.*)
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$XEN/bin

processes() { (cd /proc && ls -d [0-9]*) 2>/dev/null; }

# Those that stay: Xen's daemons, the kernel's threads, the shells that this one came from.
declare -A staying
for pid in $(processes); do staying[$pid]=1; done

# Whatever has been started since: a migration that goes on by itself, an xl that looks after its domain.
kill_strays() {
  local pid parent
  for pid in $(processes); do
    [ -n "${staying[$pid]:-}" ] && continue
    parent=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status" 2>/dev/null) || continue
    # The kernel's threads come and go.
    [ "$parent" = 2 ] && continue
    kill -KILL "$pid" 2>/dev/null
  done
}

domains() { timeout 20 xl list | awk 'NR > 1 && $2 != 0 { print $2 }'; }

# Status 1 when a domain cannot be got rid of.
destroy_all() {
  local _ id
  for _ in {1..10}; do
    [ -z "$(domains)" ] && return 0
    for id in $(domains); do timeout 30 xl destroy "$id"; done
    sleep 1
  done
  return 1
}

# keep_logs FOLDER: what stands now, and what was said.
keep_logs() {
  mkdir -p "$1/console"
  timeout 20 xl list > "$1/xl-list.txt" 2>&1
  timeout 20 xenstore-ls -f > "$1/xenstore.txt" 2>&1
  timeout 20 xl dmesg -c > "$1/xen.txt" 2>&1
  cp /var/log/xen/console/guest-*.log "$1/console/" 2>/dev/null
  cp /var/log/xen/*.log* "$1/" 2>/dev/null
  cp -r /var/log/libvirt/libxl "$1/" 2>/dev/null
  cp -r /root/case/other/log/libxl "$1/libxl-other" 2>/dev/null
}

# clean_up FOLDER: status 1 when that is not possible.
clean_up() {
  local status=0
  keep_logs "$1"
  kill_strays
  destroy_all > "$1/destroyed.txt" 2>&1 || status=1
  # A device model, and whoever waited for the domain.
  kill_strays
  rm -rf /root/case /var/log/xen/console/guest-*.log /var/log/xen/*.log* /usr/local/bin/{xl,mig}
  rm -rf /etc/default/mig /var/lib/mig/{cordon.json,evacuation} /run/libvirt /var/log/libvirt/libxl/*
  ! dpkg -s mig > /dev/null 2>&1 || apt-get purge -y mig > /dev/null 2>&1
  mkdir -p /root/case
  return $status
}
