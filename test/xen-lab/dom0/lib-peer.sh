# The other machine, where there is one: how the first one's run.sh has it clean up, and ends it. See peer.sh.

has_peer() { [ -d /mnt/ssh ]; }

peer() { timeout 60 ssh -o ConnectTimeout=20 host2 "$@" < /dev/null; }

# meet_peer: until it answers, with the time that is here: a guest's clock goes by its host's.
meet_peer() {
  has_peer || return 0
  local deadline=$((SECONDS + 240))
  until peer true; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 1
  done
  # The time is told when the connection stands already.
  coproc timeout 60 ssh host2 'echo here; read -r now; date --set "@$now"'
  local answer
  read -r answer <&"${COPROC[0]}" && [ "$answer" = here ] || return 1
  echo "$EPOCHREALTIME" >&"${COPROC[1]}"
  wait "$COPROC_PID"
}

# clean_up_peer CASE. The connection by which it is asked for may well be among what is cleaned away.
clean_up_peer() {
  has_peer || return 0
  local deadline=$((SECONDS + 120))
  peer "echo $1 > /run/peer/case.new && mv /run/peer/case.new /run/peer/case"
  until peer test -e "/run/peer/cleaned-$1"; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 1
  done
}

dismiss_peer() {
  has_peer || return 0
  peer touch /run/peer/over
}
