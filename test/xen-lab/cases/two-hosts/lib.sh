# For cases that run on host1 and have something to do with host2. ssh goes there without a question.
. /mnt/lib.sh

# on_host2 FUNCTION ARGUMENTS: one of lib.sh's or of these there. What it finds wrong ends the case.
on_host2() {
  local status=0
  ssh -o ConnectTimeout=20 host2 "CASE=$CASE OUT=/root/case; . /mnt/two-hosts.sh; $(printf '%q ' "$@")" < /dev/null ||
    status=$?
  [ $status = 0 ] && return
  # It has said why, unless it is not there any more.
  [ $status != 255 ] || fail "host2 does not answer: $*"
  exit 1
}

# on_host2_status COMMAND ARGUMENTS: a command there, with its status.
on_host2_status() { ssh -o ConnectTimeout=20 host2 "$(printf '%q ' "$@")" < /dev/null; }

# fetch_console NAME: from here on what the guest said on host2 is here, too.
fetch_console() { on_host2 console_of "$1" > "$CONSOLES/guest-$1--elsewhere.log"; }

# take_xl: whoever logs in finds mig under the name xl, as after `install.mjs --take-xl`. clean.sh gives it back.
take_xl() {
  give_xl_back
  ln -s "$MIG/xl" /usr/local/bin/xl
}

# name_mig: whoever logs in finds mig beside stock's xl, as after the usual installation.
name_mig() { ln -sf "$MIG/mig" /usr/local/bin/mig; }

# take_xl_with VARIABLE=VALUE...: the same with these in its environment, and what it says kept in $OUT/xl.txt, too.
take_xl_with() {
  give_xl_back
  printf '#!/bin/bash\nexport %s\nexec %s "$@" 2> >(exec tee -a %s >&2)\n' "$*" "$MIG/xl" "$OUT/xl.txt" > /usr/local/bin/xl
  chmod +x /usr/local/bin/xl
}

give_xl_back() { rm -f /usr/local/bin/xl; }

# forget_console NAME: what a guest of that name has said on this host.
forget_console() { rm -f "$CONSOLES/guest-$1"{,--incoming,--elsewhere}.log; }

# The link between the hosts; connections over it stay, and wait.
cut_link() { must ip link set eth0 down; }
mend_link() { must ip link set eth0 up; }
