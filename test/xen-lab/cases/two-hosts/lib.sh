# For cases that run on host1 and have something to do with host2. ssh goes there without a question.
. /mnt/lib.sh

# on_host2 FUNCTION ARGUMENTS: one of lib.sh's there. What it finds wrong ends the case.
on_host2() {
  local status=0
  ssh -o ConnectTimeout=20 host2 "CASE=$CASE OUT=/root/case; . /mnt/lib.sh; $(printf '%q ' "$@")" < /dev/null || status=$?
  [ $status = 0 ] && return
  # It has said why, unless it is not there any more.
  [ $status != 255 ] || fail "host2 does not answer: $*"
  exit 1
}

# fetch_console NAME: from here on what the guest said on host2 is here, too.
fetch_console() { on_host2 console_of "$1" > "$CONSOLES/guest-$1--incoming.log"; }
