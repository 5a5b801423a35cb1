#!/bin/bash
# Numbers: Xen's helper and mig's, in turn, at the source and at the target. Run only when it is named.
# limit: 1500 s
. /mnt/lib.sh

ROUNDS=5
guest_config g1 wss=512 rate=500
create_guest g1

# timed HELPER NAME: prints the path of a script that runs it and leaves what processor time it took, and its life.
timed() {
  cat > "$WORK/$2" << END
#!/bin/bash
began=\$EPOCHREALTIME
"$1" "\$@"
status=\$?
{
  times
  echo "\$began \$EPOCHREALTIME"
} > "$WORK/times\$1"
exit \$status
END
  chmod +x "$WORK/$2"
  echo "$WORK/$2"
}
ours=$OURS stock=$STOCK
OURS=$(timed "$ours" ours) STOCK=$(timed "$stock" stock)

# Of the script's child, in milliseconds.
processor_time() {
  awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, part, /[ms]/); sum += part[1] * 60 + part[2] } printf "%.0f", sum * 1000 }' \
    "$WORK/times$1"
}
life_of() { awk 'NR == 3 { printf "%.0f", ($2 - $1) * 1000 }' "$WORK/times$1"; }

table=$OUT/table.txt
row() { printf '%-5s %-6s %-6s %9s %9s %9s %9s %9s %9s %9s %10s\n' "$@" | tee -a "$table"; }
row round source target total downtime pause save-cpu save-life load-cpu load-life octets

# measure ROUND SOURCE TARGET: names.
measure() {
  local log=$1-$2-$3 began total source=$STOCK target=$STOCK octets
  [ "$2" = stock ] || source=$OURS
  [ "$3" = stock ] || target=$OURS
  began=$(milliseconds)
  migrate "$log" g1 "$source" "$target" > "$WORK/migrate.txt" || { cat "$WORK/migrate.txt"; exit 1; }
  total=$(sed -n 's/^.*: \([0-9.]*\) s, downtime.*/\1/p' "$WORK/migrate.txt")
  check_guest g1 > /dev/null
  octets=$(sed -n 's/^xl-save-helper: .*image of \([0-9]*\) bytes.*/\1/p' "$OUT/$log"-*.txt | head -1)
  row "$1" "$2" "$3" "$total" "$(downtime_of g1 "$began")" "$(longest_pause_of g1 "$began")" \
    "$(processor_time --save-domain)" "$(life_of --save-domain)" \
    "$(processor_time --restore-domain)" "$(life_of --restore-domain)" "${octets:--}"
}

# first_word COMMAND...: milliseconds until its first message.
first_word() {
  local began
  began=$(milliseconds)
  "$@" 9<> /dev/null < "$WORK/answers" | {
    head -c 1 > /dev/null
    echo $(($(milliseconds) - began))
    cat > /dev/null
  }
}

# startup NAME HELPER: of a save that is refused its suspension, and of a restore of nothing.
startup() {
  echo "$1 save $(first_word "$2" --save-domain 9 0 "$(xl domid g1)" 0 136 0)"
  echo "$1 restore $(first_word "$2" --restore-domain 9 -1 9999 1 0 2 0 768 0)"
}

# What they do once is not what is measured.
migrate warm-up g1 "$OURS" "$OURS"
for round in $(seq $ROUNDS); do
  measure "$round" stock stock
  measure "$round" ours stock
  measure "$round" stock ours
done

head -c 64 /dev/zero > "$WORK/answers"
for _ in $(seq $ROUNDS); do
  startup stock "$stock"
  startup ours "$ours"
done > "$OUT/startup.txt"
check_guest g1

median() { sort -n | awk '{ value[NR] = $1 } END { print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'; }
# column SOURCE TARGET NUMBER
column() { awk -v s="$1" -v t="$2" -v n="$3" '$2 == s && $3 == t && $n != "-" { print $n }' "$table" | median; }

echo
for pair in 'stock stock' 'ours stock' 'stock ours'; do
  set -- $pair
  figures=("$1" "$2")
  for n in 4 5 6 7 8 9 10 11; do figures+=("$(column "$1" "$2" $n)"); done
  row median "${figures[@]}"
  saw "$1>$2: ${figures[2]} s, downtime ${figures[3]} ms, cpu ${figures[5]}+${figures[7]} ms, ${figures[9]} bytes"
done
for helper in stock ours; do
  for end in save restore; do
    saw "start-up of $helper, $end: $(awk -v h=$helper -v e=$end '$1 == h && $2 == e { print $3 }' "$OUT/startup.txt" | median) ms"
  done
done
echo
# Of each of our helper's phases, in milliseconds.
for end in source target; do
  grep -ah 'time spent' "$OUT"/[0-9]*-$end.txt > "$OUT/phases-$end.txt"
  for phase in $(grep -oE '[a-z]+ [0-9.]+ ms' "$OUT/phases-$end.txt" | awk '{ print $1 }' | sort -u); do
    echo "$end: $phase $(grep -owE "$phase [0-9.]+ ms" "$OUT/phases-$end.txt" | awk '{ print $2 }' | median)"
  done
done | tee "$OUT/phases.txt"
