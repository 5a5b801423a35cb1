#!/bin/bash
# From Xen 4.17 to 4.20, ours and stock's at either end; the way back is refused before the guest is suspended.
# hosts: 4.17 4.20
# limit: 1500 s
. /mnt/two-hosts.sh

saw "$(xl info xen_version) to $(on_host2 xl info xen_version)"

# What libxl says when it asks a guest.
SUSPENDS='suspend request via XenBus'
export MIG_LIBXL_DEBUG=1

# up LOG SENDER...: a guest of its own, to host2.
up() {
  local log=$1 began
  guest_config g1 wss=256 rate=300
  create_guest g1
  step "$log"
  began=$(milliseconds)
  must "${@:2}" g1 host2 2> "$OUT/$log.txt"
  saw "$log $(seconds_since "$began") s"
  expect_said "$SUSPENDS" "$OUT/$log.txt"
  must no_domain g1
  must no_helper
  on_host2 check_guest g1
  fetch_console g1
  saw "downtime $(downtime_of g1 "$began") ms"
}

# down LOG SENDER...: back to host1, which refuses.
down() {
  local log=$1 began
  step "$log"
  began=$(milliseconds)
  ! on_host2_status "${@:2}" g1 host1 > "$OUT/$log.txt" 2>&1 || fail "$log: it went back"
  expect_said 'comes from Xen 4\.20, and Xen 4\.17 cannot load' "$OUT/$log.txt"
  saw "$log refused after $(seconds_since "$began") s"
  on_host2 wait_for 20 no_helper || fail 'a helper is left'
  # Xen's save helper does not turn log-dirty off when SIGPIPE ends it: reading the state does.
  [ "$2" != /usr/sbin/xl ] || echo "log-dirty was $(on_host2 log_dirty_of g1)"
  on_host2 check_kept g1
  wait_for 20 no_domain g1 || fail 'a copy is left'
  must no_helper
  ! says "$SUSPENDS" "$OUT/$log.txt" || fail "$log: the guest was asked to suspend"
}

# over: the guest is not needed any more, nor what it has said.
over() {
  on_host2 destroy_guest g1
  on_host2 forget_console g1
  forget_console g1
}

up stock-to-stock xl -vvv migrate
over
up ours-to-stock "$MIG/mig" migrate
over
on_host2 take_xl
up stock-to-ours /usr/sbin/xl -vvv migrate
over
up ours-to-ours "$MIG/mig" migrate

# Asked beforehand, whichever xl is there.
down back-ours-to-stock env MIG_LIBXL_DEBUG=1 "$MIG/mig" migrate
take_xl
down back-ours-to-ours env MIG_LIBXL_DEBUG=1 "$MIG/mig" migrate
# And the receiving end itself.
down back-unasked env MIG_LIBXL_DEBUG=1 "$MIG/mig" migrate --no-check
down back-stock-to-ours /usr/sbin/xl -vvv migrate
