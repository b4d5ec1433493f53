#!/usr/bin/env bash
# leases.sh BIN [--leases N] [--seconds N] [--kills N] [--output FILE] - a lease server with a full book: how many
# members it serves and how fast, what it needs, and whether kill -9 loses or doubles a lease.
#
# Members and server share this machine's processors, so the server's own processor time stands beside the rate. The
# book lies beside FILE, on a real disk. Appends one JSON object a figure to FILE (build/bench.jsonl by default).
# Exit status: 0 measured, 1 something did not start or come about, 2 used wrongly.
set -euo pipefail

# shellcheck source=begin.bash
source "$(dirname "${BASH_SOURCE[0]}")/begin.bash"
leases=1000000 seconds=20 kills=200
read_options "ipop-dhcp lease_flood" 'leases=[1-9][0-9]{0,6}' 'seconds=[1-9][0-9]?' 'kills=[1-9][0-9]{0,2}' -- "$@"
# shellcheck source=figures.bash
source "$here/figures.bash"
bench=leases

mkdir -p "$(dirname "$output")"
run=$(mktemp -d "$(cd "$(dirname "$output")" && pwd)/ga-leases.XXXXXX")
pids=()
server=
finish() {
  trap '' INT TERM HUP
  ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
  [[ -z $server ]] || kill "$server" 2>/dev/null || true
  wait
  rm -rf "$run"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP
# A machine's proxy has no say on loopback.
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY

# --- a book of as many leases as are wanted -----------------------------------------------------------------
mkdir "$run/groups"
printf 'name = "lab"\nnamespace = "lab-bench"\nprefix = "10.0.0.0/8"\n' >"$run/groups/lab.toml"
dhcp() { "$bin/ipop-dhcp" --directory "$run/book" --groups "$run/groups" --states "$run/states" "$@"; }
dhcp config --group lab --quota 1000 >"$run/plan" || fail "no book"
awk -v n="$leases" -v now="$(date +%s)" 'BEGIN {
  digits = "abcdefghijklmnopqrstuvwxyz234567"
  print "address,node,user,host_name,source,granted,expires,released"
  for (i = 0; i < n; i++) {
    node = ""
    for (rest = i; length(node) < 5; rest = int(rest / 32)) node = node substr(digits, rest % 32 + 1, 1)
    number = i + 10 * 65536
    printf "10.%d.%d.%d,%s,,,bench,%d,%d,no\n", int(number / 65536) % 256, int(number / 256) % 256, number % 256,
      node "aaaaaaaaaaaaaaaaaaaaaaaaaaa", now, now + 86400
  }
}' >"$run/leases.csv"
# First and last of a /24 are nobody's; what is left out for that is said and counted.
dhcp import "$run/leases.csv" 2>"$run/imported" || (($? == 7)) || fail "$(tail -n 1 "$run/imported")"
rm "$run/leases.csv"
held=$(sed -n 's/^Imported \([0-9]*\) leases.*/\1/p' "$run/imported")
((held > leases * 9 / 10)) || fail "$(tail -n 1 "$run/imported")"

milliseconds() { echo $(($(date +%s%N) / 1000000)); }
port=
# start: until it listens; $took milliseconds.
start() {
  local try begin
  for ((try = 0; try < 20; try++)); do
    [[ -n $port && $try == 0 ]] || port=$((RANDOM % 20000 + 10000))
    begin=$(milliseconds)
    : >"$run/serve.log"
    "$bin/ipop-dhcp" --directory "$run/book" --groups "$run/groups" --states "$run/states" serve \
      --listen "127.0.0.1:$port" >"$run/serve.out" 2>"$run/serve.log" &
    server=$!
    until grep -qE 'listening|in use' "$run/serve.log"; do
      kill -0 "$server" 2>/dev/null || break
      (($(milliseconds) - begin < 60000)) || fail "no server after a minute"
      sleep 0.01
    done
    took=$(($(milliseconds) - begin))
    if grep -q listening "$run/serve.log"; then return; fi
    wait "$server" || true
    server=
    grep -q 'in use' "$run/serve.log" || fail "no server: $(tail -n 1 "$run/serve.log")"
  done
  fail "no port is free"
}
flood() { "$bin/lease_flood" "$port" lab-bench "$@"; }
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }

# --- start, pages, rate -------------------------------------------------------------------------------------
middle=$((10 * 65536 + leases / 2))
start
started=$took
begin=$(milliseconds)
dhcp list --plain --limit 1000 --after "10.$((middle / 65536)).$((middle / 256 % 256)).$((middle % 256))" >"$run/page" 2>"$run/talk"
page=$(($(milliseconds) - begin))
rows=$(wc -l <"$run/page")
ticks=$(cpu_ticks)
flood 6400 0 "$seconds" 32 "$run/told" >"$run/most.json" || fail "the members did not come"
ticks=$(($(cpu_ticks) - ticks))
flood 3200 200 "$seconds" 32 "$run/told" >"$run/steady.json" || fail "the members did not come"
memory=$(awk '$1 == "VmHWM:" { printf "%.1f", $2 / 1024 }' "/proc/$server/status")
own=$(awk '$1 == "RssAnon:" { printf "%.1f", $2 / 1024 }' "/proc/$server/status")

# --- kills --------------------------------------------------------------------------------------------------
# Some hear of a lease between two kills, so that each has something to lose; the moment itself is random.
# The program itself has the process id, so that it is what a signal reaches.
"$bin/lease_flood" "$port" lab-bench 32000 0 600 32 "$run/told" >"$run/kills.json" &
flooding=$!
pids+=("$flooding")
told() { wc -l <"$run/told"; }
told_before=$(told)
for ((done = 0; done < kills; done++)); do
  before=$(told)
  begin=$(milliseconds)
  until (($(told) > before)); do
    kill -0 "$flooding" 2>/dev/null || fail "the members went away after $done kills"
    (($(milliseconds) - begin < 60000)) || fail "nobody was served for a minute, after $done kills"
    sleep 0.01
  done
  sleep "0.$((RANDOM % 300 + 100))"
  kill -9 "$server"
  wait "$server" 2>/dev/null || true
  start
done
kill "$flooding"
wait "$flooding" 2>/dev/null || true
pids=()
# Without a load there is nothing to lose.
served=$(($(told) - told_before))
((served >= kills * 5)) || fail "only $served answers over $kills kills"
kill "$server"
wait "$server" || true
server=
dhcp check >"$run/check" 2>&1 || fail "the book is damaged: $(tail -n 1 "$run/check")"

# What members were told against what the book says: node, address, and no earlier end. The last line may be cut off.
dhcp export --csv >"$run/kept"
grep -P '^\S+\t\S+\t\d+$' "$run/told" >"$run/heard"
read -r heard lost double < <(awk '
  BEGIN { FS = "," }
  FNR == NR { if (FNR > 1) { owner[$1] = $2; end[$1] = $7 } next }
  FNR == 1 { FS = "\t"; $0 = $0 }
  {
    lines++
    if (!(($2, $1) in seen)) { seen[$2, $1] = 1; if (holders[$2]++ == 1) double++ }
    if (owner[$2] != $1 || end[$2] < $3) lost++
  }
  END { print lines + 0, lost + 0, double + 0 }' "$run/kept" "$run/heard")

figures_begin
figure start "$(awk -v t="$started" 'BEGIN { printf "%.2f", t / 1000 }')" s 2 "with $held leases, until it listens"
figure page "$(awk -v t="$page" 'BEGIN { printf "%.2f", t / 1000 }')" s '' "to list $rows of them from the middle"
figure rate "$(jq .rate "$run/most.json")" /s '>=1000' "signed requests answered from disk, by 32 connections, for $seconds s"
figure rate_of_cpu "$(awk -v n="$(jq .answered "$run/most.json")" -v t="$ticks" -v tick="$(getconf CLK_TCK)" \
  'BEGIN { printf "%.0f", n * tick / (t > 0 ? t : 1) }')" /s '' "the same, of the server's processor time"
figure p99_at_most "$(jq .p99_ms "$run/most.json")" ms '' "of these"
figure p50_at_200 "$(jq .p50_ms "$run/steady.json")" ms '' "at $(jq .rate "$run/steady.json") requests a second"
figure p99_at_200 "$(jq .p99_ms "$run/steady.json")" ms 50 "of $(jq .answered "$run/steady.json")"
figure refused "$(jq -s 'map(.refused + .unanswered) | add' "$run/most.json" "$run/steady.json")" requests 0 "of all of these"
figure memory "$memory" MB 32 "most of the server; $own of its own, the rest are pages of files"
figure lost "$lost" leases 0 "of $heard that members heard of, $served of them over $kills times kill -9"
figure double "$double" leases 0 "addresses that two members heard of"
((lost == 0 && double == 0)) || fail "a lease was lost or given twice"
