#!/bin/bash
# mig's own xl over ssh: to a stock host, from a stock host, and between two hosts where mig has the name xl.
# limit: 1200 s
. /mnt/two-hosts.sh

guest_config g1 wss=512 rate=500
create_guest g1

# there LOG SENDER: to host2. back LOG SENDER...: to host1. Each sender as it would be called.
there() {
  local began log=$1
  step "$log"
  began=$(milliseconds)
  must "${@:2}" g1 host2 2> "$OUT/$log.txt"
  saw "$log $(seconds_since "$began") s"
  must no_domain g1
  must no_helper
  on_host2 check_guest g1
  fetch_console g1
  saw "downtime $(downtime_of g1 "$began") ms"
}
back() {
  local began log=$1
  step "$log"
  began=$(milliseconds)
  on_host2 must "${@:2}" g1 host1 2> "$OUT/$log.txt"
  saw "$log $(seconds_since "$began") s"
  on_host2 must no_domain g1
  on_host2 must no_helper
  check_guest g1
  saw "downtime $(downtime_of g1 "$began") ms"
}

# received_by WHOM LOG: what the target said came by way of ssh. Stock has an s more.
received_by() {
  case $1 in
    ours) expect_said 'migration target: Domain started successfully' "$OUT/$2.txt" ;;
    stock) expect_said 'migration target: Domain started successsfully' "$OUT/$2.txt" ;;
  esac
}

there ours-to-stock "$MIG/mig" migrate
received_by stock ours-to-stock

take_xl
back stock-to-ours xl migrate
received_by ours stock-to-ours

on_host2 take_xl
there ours-to-ours "$MIG/mig" migrate
received_by ours ours-to-ours
on_host2 must pgrep -f libxl-monitor > /dev/null

# Under the name xl, and with a command for ssh.
back back-to-ours "$MIG/xl" migrate -s 'ssh -q' -i 3
received_by ours back-to-ours
[ "$(log_dirty_of g1)" = off ] || fail 'log-dirty is on'
