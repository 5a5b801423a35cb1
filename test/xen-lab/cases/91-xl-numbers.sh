#!/bin/bash
# Numbers of the package: stock's xl and mig's in turn, and their starts with and without the snapshot. Run only when it is named.
# limit: 2400 s
. /mnt/lib.sh
export DEBIAN_FRONTEND=noninteractive
ROUNDS=5

guest_config g1 wss=512 rate=500
create_guest g1
step 'install'
must apt-get install -y /opt/mig/packages/mig_0.0.0_amd64.deb > "$OUT/install.txt" 2>&1
MIG=/usr/bin OURS=/usr/bin/xl-save-helper

median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

# A target that says that it is ready, notes when the first byte comes, and ends.
first_byte_here=$WORK/first-byte.sh
cat > "$first_byte_here" << END
#!/bin/bash
printf 'xl migration receiver ready, send binary domain data.\n'
head -c 1 > /dev/null
echo "\${EPOCHREALTIME/./}" > "$WORK/stamp"
END
chmod +x "$first_byte_here"

# Each prints milliseconds.
first_byte_of() {
  local began=$EPOCHREALTIME
  rm -f "$WORK/stamp"
  "$@" migrate -s '' g1 "$first_byte_here" > "$OUT/first-byte.txt" 2>&1
  echo $((($(cat "$WORK/stamp") - ${began/./}) / 1000))
}
banner_of() {
  local began
  began=$(milliseconds)
  { sleep 60 & echo $! > "$WORK/sleeper"; wait; } 2> /dev/null | "$@" migrate-receive 2> /dev/null | {
    head -c 1 > /dev/null
    echo $(($(milliseconds) - began))
    kill "$(cat "$WORK/sleeper")"
    cat > /dev/null
  }
}
start_of() {
  local began
  began=$(milliseconds)
  "$@" > /dev/null 2>&1
  echo $(($(milliseconds) - began))
}

# starts WORDS VARIABLE...: medians, with the variables in the environment.
starts() {
  local words=$1 i
  shift
  for i in $(seq $ROUNDS); do
    echo "migrate $(first_byte_of env "$@" mig)"
    echo "receive $(banner_of env "$@" mig)"
    echo "helper $(start_of env "$@" xl-save-helper nothing)"
  done > "$WORK/starts"
  for each in migrate receive helper; do
    saw "$words: $each $(awk -v each=$each '$1 == each { print $2 }' "$WORK/starts" | median) ms"
  done
}
step 'starts'
# What is compiled once is kept.
first_byte_of mig > /dev/null
banner_of mig > /dev/null
for _ in $(seq $ROUNDS); do
  echo "migrate $(first_byte_of xl)"
  echo "receive $(banner_of xl)"
done > "$WORK/starts"
for each in migrate receive; do
  saw "stock: $each $(awk -v each=$each '$1 == each { print $2 }' "$WORK/starts" | median) ms"
done
starts 'without the snapshot' NODE_OPTIONS=--no-warnings
starts 'with the snapshot' -u NODE_OPTIONS
check_guest g1

# total SENDER RECEIVER: milliseconds, and the processor time of both in milliseconds.
total() {
  local began before
  began=$(milliseconds)
  before=$(busy_time)
  must "$1" migrate -s '' g1 "$(receiver "$1-$2" "$2" migrate-receive)" > "$OUT/total.txt" 2>&1
  echo "$1>$2 $(($(milliseconds) - began)) $(($(busy_time) - before)) $(downtime_of g1 "$began")"
  check_guest g1 > /dev/null
}
# Of dom0's processor, in milliseconds.
busy_time() { awk '$1 == "cpu" { print ($2 + $3 + $4 + $7 + $8) * 10 }' /proc/stat; }

step 'totals'
total mig mig > /dev/null
for _ in $(seq $ROUNDS); do
  for pair in 'xl xl' 'mig xl' 'xl mig' 'mig mig'; do total $pair | tee -a "$OUT/totals.txt"; done
done
for pair in 'xl>xl' 'mig>xl' 'xl>mig' 'mig>mig'; do
  of() { awk -v pair="$pair" -v n="$1" '$1 == pair { print $n }' "$OUT/totals.txt" | median; }
  saw "$pair $(of 2) ms, processor $(of 3) ms, downtime $(of 4) ms"
done
must apt-get purge -y mig > /dev/null 2>&1
