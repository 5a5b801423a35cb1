# What the cases are written with; each begins with `. /mnt/lib.sh`. A case that comes to its end has passed; `fail`
# ends it otherwise. All that it prints is its log.
#
# A guest's name stays the same over all its migrations; the name of its console's log does not: the incoming domain is
# called NAME--incoming until it runs. Here a guest's console is both files, and NAME--elsewhere where two-hosts/lib.sh
# has fetched that.
set -u
# Of the one version that is installed.
XEN=$(echo /usr/lib/xen-4.*)
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$XEN/bin
export HOME=/root
: "${CASE:?}" "${OUT:?}"

# For images and configurations: gone after the case. `xl save` cannot write to the share itself.
WORK=/root/case
CONSOLES=/var/log/xen/console
# mig's programs, by their full names: `xl` alone is Xen's.
MIG=/opt/mig/bin
# Seconds for whatever a guest is to do, on a busy machine. A case with an HVM guest sets 400 before it reads this file:
# the firmware alone takes minutes.
PATIENCE=${PATIENCE:-180}

fail() {
  echo "FAILED: $*"
  exit 1
}

# What is being done now; it stands in the verdict when the time is over.
step() { echo "== $(printf '%6.1f' "$(seconds_since "$STARTED")") $*"; }

# For the table of results, behind PASS.
saw() { echo "$*" >> "$WORK/saw" && paste -sd ';' "$WORK/saw" | sed 's/;/; /g' > "$OUT/saw.txt"; }

milliseconds() { echo $((${EPOCHREALTIME/./} / 1000)); }
seconds_since() { awk -v ms=$(($(milliseconds) - $1)) 'BEGIN { printf "%.1f", ms / 1000 }'; }
STARTED=$(milliseconds)

# must COMMAND...: the case fails if it does.
must() {
  local status=0
  "$@" || status=$?
  [ $status = 0 ] || fail "status $status of: $*"
}

# wait_for SECONDS COMMAND...: until it succeeds. Status 1 when the time is over.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.2
  done
}

# --- guests

# guest_config NAME [type=pvh|hvm] [memory=MB] [vcpus=N] [KERNEL WORD...]
# The words are the workload's (wss=N rate=R, see guest/wss.c) and the kernel's. `deaf`: a guest that never answers
# when it is asked to suspend; its kernel does not listen for that.
guest_config() {
  local name=$1 type=pvh memory=96 vcpus=1 words='console=hvc0 quiet' word
  shift
  for word in "$@"; do
    case $word in
      type=*) type=${word#*=} ;;
      memory=*) memory=${word#*=} ;;
      vcpus=*) vcpus=${word#*=} ;;
      deaf) words+=' initcall_blacklist=xen_setup_shutdown_event' ;;
      *) words+=" $word" ;;
    esac
  done
  {
    printf 'name = "%s"\ntype = "%s"\nmemory = %s\nvcpus = %s\n' "$name" "$type" "$memory" "$vcpus"
    # Never where dom0 runs: see dom0/init.
    printf 'cpus = "1"\nkernel = "/lab/vmlinuz"\nramdisk = "/lab/guest-initrd.gz"\ncmdline = "%s"\n' "$words"
    if [ "$type" = hvm ]; then
      printf 'videoram = 8\nvga = "none"\nvnc = 0\nsdl = 0\nnographic = 1\nusb = 0\n'
    fi
  } > "$WORK/$name.cfg"
}

# create_guest NAME: with the configuration of guest_config, until it ticks.
create_guest() {
  local began
  began=$(milliseconds)
  step "create $1"
  must xl create "$WORK/$1.cfg"
  wait_ticks "$1" 3
  echo "$1 ticks after $(seconds_since "$began") s"
}

console_of() { cat "$CONSOLES/guest-$1"{,--incoming,--elsewhere}.log 2>/dev/null | tr -d '\r'; }

# ticks_of NAME: "N M R ERRORS" of each whole tick line, in the order of time.
ticks_of() {
  console_of "$1" |
    sed -n 's/^tick \([0-9]*\) m=\([0-9]*\) r=\([0-9]*\) dirtied=[0-9]* errors=\([0-9]*\)$/\1 \2 \3 \4/p' | sort -n -k3,3
}

count_ticks() { console_of "$1" | grep -ac '^tick .* errors=[0-9]*$'; }

has_ticks() { [ "$(count_ticks "$1")" -ge "$2" ]; }

# wait_ticks NAME COUNT [SECONDS]: until it has ticked so many times more.
wait_ticks() {
  local before
  before=$(count_ticks "$1")
  wait_for "${3:-$PATIENCE}" has_ticks "$1" $((before + $2)) && return
  console_of "$1" | tail -5
  fail "$1 does not tick: $(($(count_ticks "$1") - before)) of $2 ticks in ${3:-$PATIENCE} s"
}

# check_guest NAME: it runs, is there once, and has found nothing wrong with its memory.
check_guest() {
  step "check $1"
  [ "$(domains_called "$1")" = 1 ] || { xl list; fail "$(domains_called "$1") domains are called $1"; }
  wait_ticks "$1" 5
  check_memory "$1"
}

# check_memory NAME: nothing that it said so far speaks of damage.
check_memory() {
  local said
  said=$(console_of "$1" | grep -aE '^ERROR|Kernel panic|Oops|BUG:|segfault' | head -3)
  [ -z "$said" ] || fail "$1 says: $said"
  said=$(ticks_of "$1" | awk '$4 != 0' | head -1)
  [ -z "$said" ] || fail "$1 counts failed self-checks: tick $said"
}

# expect_silence NAME SECONDS: it does not run.
expect_silence() {
  local before
  # What it had said already may still be on its way.
  sleep 2
  before=$(count_ticks "$1")
  sleep "$2"
  [ "$(count_ticks "$1")" = "$before" ] || fail "$1 ticks, and should not"
}

# downtime_of NAME [MS]: milliseconds of the longest time that it did not run, since then if MS (of `milliseconds`) is
# given. While a domain is suspended its monotonic clock stands still and the other goes on.
downtime_of() {
  ticks_of "$1" | awk -v since="${2:-0}" '
    { apart = $3 - $2; if (NR > 1 && $3 > since && apart - before > most) most = apart - before; before = apart }
    END { print most + 0 }'
}

# longest_pause_of NAME [MS]: milliseconds of the longest time between two ticks: the downtime, and what the guest needs
# to stop its devices and to start them again.
longest_pause_of() {
  ticks_of "$1" | awk -v since="${2:-0}" '
    { if (NR > 1 && $3 > since && $3 - before > most) most = $3 - before; before = $3 }
    END { print most + 0 }'
}

# --- domains

# domains_called NAME: how many.
domains_called() { xl list | awk -v name="$1" 'NR > 1 && $1 == name' | wc -l; }

# no_domain NAME: there is none of that name or still coming in.
no_domain() { [ "$(domains_called "$1")" = 0 ] && [ "$(domains_called "$1--incoming")" = 0 ]; }

# state_of NAME: the column of `xl list`.
state_of() { xl list | awk -v name="$1" 'NR > 1 && $1 == name { print $5 }'; }

destroy_guest() {
  must xl destroy "$1"
  wait_for 30 no_domain "$1" || fail "$1 is still there after xl destroy"
}

# --- migration

# receiver NAME COMMAND...: prints the path of a script that becomes the command. `xl migrate -s '' DOMAIN PATH` runs it
# instead of ssh.
receiver() {
  local path=$WORK/receive-$1.sh
  shift
  printf '#!/bin/sh\nexec %s\n' "$*" > "$path"
  chmod +x "$path"
  echo "$path"
}

# verify_image FILE: with Xen's own verifier; a file of `xl save`, or a migration's stream.
verify_image() {
  step "verify $1"
  PYTHONPATH=$XEN/lib/python must verify-stream-v2 -f xl -i "$1"
}

# --- the save helper

# Whose helper an end has: for LIBXL_SAVE_HELPER.
OURS=$MIG/xl-save-helper
STOCK=$XEN/bin/libxl-save-helper

# migrate LOG NAME SOURCE TARGET: live, by stock xl, each end with that helper. What the ends say goes to LOG-source.txt
# and LOG-target.txt.
migrate() {
  local log=$OUT/$1 name=$2 source=$3 target=$4 began
  step "migrate $name: $1"
  began=$(milliseconds)
  LIBXL_SAVE_HELPER=$source xl -vvv migrate -s '' "$name" "$(receive_with "$target" "$log-target.txt")" \
    > "$log-source.txt" 2>&1 || {
    tail -n 20 "$log-source.txt" "$log-target.txt"
    fail "status $? of the migration $1"
  }
  echo "$1: $(seconds_since "$began") s, downtime $(downtime_of "$name" "$began") ms"
  helped_by "$source" "$log-source.txt"
  helped_by "$target" "$log-target.txt"
}

# receive_with HELPER LOG [COMMAND]: the path of a receiver with that helper; its process is in $WORK/receiver.pid. The
# COMMAND stands before it in a pipe.
receive_with() {
  local path=$WORK/receive-$RANDOM.sh
  {
    printf '#!/bin/sh\nexport LIBXL_SAVE_HELPER=%s\n' "$1"
    [ $# -lt 3 ] || printf '%s |\n' "$3"
    printf "exec sh -c 'echo \$\$ > %s/receiver.pid; exec xl -vvv migrate-receive 2> %s'\n" "$WORK" "$2"
  } > "$path"
  chmod +x "$path"
  echo "$path"
}

# helped_by HELPER FILE: the end that said this had that helper.
helped_by() {
  if [ "$1" = "$OURS" ]; then
    grep -aq '^xl-save-helper: ' "$2" || fail "not with mig's helper: $2"
  else
    grep -aq '^xc: ' "$2" || fail "not with Xen's helper: $2"
    ! grep -aq '^xl-save-helper: ' "$2" || fail "with mig's helper: $2"
  fi
}

# passes KIND FILE: how many of them (precopy, remainder, stop-and-copy) our helper speaks of there.
passes() { grep -ac "^xl-save-helper: .*iteration [0-9]* ($1)" "$2"; }

# dirty_counts FILE: of each pass, in a line.
dirty_counts() { sed -n 's/^xl-save-helper: .*iteration [0-9]* (.*): \([0-9]*\) pages dirty.*/\1/p' "$1" | paste -sd ' '; }

# The processes of helpers.
# Mig's own xl names the program itself, and not the link to it.
HELPER='save-helper(\.cjs)? --(save|restore)-domain'
save_helper() { pgrep -f -- "${HELPER/(save|restore)/save}"; }
restore_helper() { pgrep -f -- "${HELPER/(save|restore)/restore}"; }
no_helper() { ! pgrep -f -- "$HELPER" > /dev/null; }

# is_over PID: a child of this shell.
is_over() { ! kill -0 "$1" 2>/dev/null; }

# must_end PID SECONDS STATUS: a child of this shell, with that status.
must_end() {
  local status=0
  wait_for "$2" is_over "$1" || fail "still running after $2 s: $(tr '\0' ' ' < "/proc/$1/cmdline")"
  wait "$1" || status=$?
  [ $status = "$3" ] || fail "ended with status $status, not $3"
}

# says PATTERN FILE: also a file that is not there yet.
says() { grep -aqsE -- "$1" "$2"; }

# wait_said SECONDS PATTERN FILE
wait_said() {
  wait_for "$1" says "$2" "$3" && return
  tail -n 20 "$3"
  fail "not said within $1 s: $2"
}

# expect_said PATTERN FILE
expect_said() {
  says "$1" "$2" && return
  tail -n 20 "$2"
  fail "not said: $1"
}

log_dirty_of() { node /mnt/log-dirty.mjs "$(xl domid "$1")"; }

# check_kept NAME: after a migration that failed, it is as if there had been none.
check_kept() {
  local left
  wait_for 20 no_helper || fail "left: $(pgrep -fa -- "$HELPER")"
  wait_for 20 no_incoming "$1" || { xl list; fail "the incoming copy of $1 is left"; }
  check_still_here "$1"
}

# check_still_here NAME: it runs here, and its writes are not logged.
check_still_here() {
  local log
  case $(state_of "$1") in
    *s* | *p*) xl list; fail "$1 is left $(state_of "$1")" ;;
  esac
  log=$(log_dirty_of "$1")
  [ "$log" = off ] || fail "log-dirty of $1 is '$log'"
  check_guest "$1"
}

no_incoming() { [ "$(domains_called "$1--incoming")" = 0 ]; }

# --- our xl, while it migrates

# field FILE NAME: the last value of it in what --json said.
field() { grep -o "\"$2\":[^,}]*" "$1" | tail -n 1 | cut -d : -f 2- | tr -d '"'; }

# start_slowly LOG [NAME]: a migration that takes minutes in its first pass, in the background; its process is $migration.
start_slowly() {
  step "$1"
  "$MIG/mig" migrate --json --bandwidth 1MB/s -s '' "${2:-g1}" "$(receiver "$1" "$MIG/mig" migrate-receive)" \
    > "$OUT/$1.jsonl" 2> "$OUT/$1.txt" &
  migration=$!
  wait_said 300 '"event":"progress"' "$OUT/$1.jsonl"
}
