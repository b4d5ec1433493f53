#!/usr/bin/env bash
# enrolment.sh BIN [--rate N] [--seconds N] [--output FILE] - what a flood of bogus certificate requests does to an
# authority: how long honest people wait, and how much disk it takes.
#
# Everything is on loopback and shares this machine's processors, so "sent" says how many requests there really were.
# Each request has a connection and a TLS handshake of its own and comes from another address of 127.0.0.0/8 than the
# one before; a third of the bodies are requests that could be signed, the rest is noise of up to 16 KiB.
# Appends one JSON object a figure to FILE (build/bench.jsonl by default).
# Exit status: 0 measured, 1 the authority did not start, 2 used wrongly.
set -euo pipefail

# shellcheck source=begin.bash
source "$(dirname "${BASH_SOURCE[0]}")/begin.bash"
rate=1000 seconds=60
read_options "ga-cert request_flood" 'rate=[1-9][0-9]*' 'seconds=[1-9][0-9]?' -- "$@"
# shellcheck source=figures.bash
source "$here/figures.bash"
bench=enrolment

run=$(mktemp -d "${TMPDIR:-/tmp}/ga-enrolment.XXXXXX")
pids=()
finish() {
  trap '' INT TERM HUP
  ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
  wait
  rm -rf "$run"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

# A machine's proxy has no say on loopback.
unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY

mkdir "$run/groups"
printf 'name = "lab"\nnamespace = "lab-bench"\nbootstrap = ["192.0.2.1:25000"]\nport = 25000\n' >"$run/groups/lab.toml"
authority() { "$bin/ga-cert" --dir "$run/authority" --groups "$run/groups" "$@"; }
authority authority init lab --no-passphrase >"$run/init" 2>&1 || fail "$(tail -n 1 "$run/init")"
for ((try = 0; try < 20; try++)); do
  port=$((RANDOM % 20000 + 30000))
  "$bin/ga-cert" --dir "$run/authority" --groups "$run/groups" authority serve --address 127.0.0.1 --port "$port" \
    >"$run/serve.out" 2>"$run/serve.log" &
  server=$!
  for ((wait = 0; wait < 200; wait++)); do
    [[ -e $run/serve.log ]] && grep -qE 'listening|in use' "$run/serve.log" && break
    sleep 0.05
  done
  if grep -q listening "$run/serve.log"; then break; fi
done
pids+=("$server")
grep -q listening "$run/serve.log" || fail "no server: $(tail -n 1 "$run/serve.log")"

make_request() { # NAME
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$run/key.pem" 2>/dev/null
  openssl req -new -key "$run/key.pem" -subj "/CN=$1" -outform DER | base64 >"$run/$1.b64"
}
make_request bogus
for ((i = 0; i < seconds; i++)); do make_request "user$i"; done

disk() { du -skc "$run/authority" "$run/serve.log" | tail -n 1 | cut -f 1; }
before=$(disk)
"$bin/request_flood" "$port" "$rate" "$seconds" "$run/bogus.b64" 32 >"$run/flood.json" &
flooding=$!
pids+=("$flooding")
failed=0
end=$((SECONDS + seconds))
for ((i = 0; i < seconds && SECONDS < end; i++)); do
  answer=$(curl --silent --max-time 20 --cacert "$run/authority/authority.pem" --interface "127.200.0.$((i + 1))" \
    --output /dev/null --write-out '%{http_code} %{time_total}' -H 'Content-Type: application/pkcs10' \
    --data-binary "@$run/user$i.b64" "https://127.0.0.1:$port/.well-known/est/simpleenroll") || true
  if [[ $answer == 202\ * ]]; then echo "${answer#* }" >>"$run/times"; else failed=$((failed + 1)); fi
  sleep 0.5
done
wait "$flooding" || fail "the flood did not come about"
cpu=$(awk -v s="$seconds" -v tick="$(getconf CLK_TCK)" '{ printf "%.0f", 100 * ($14 + $15) / tick / s }' "/proc/$server/stat")
memory=$(awk '$1 == "VmHWM:" { printf "%.1f", $2 / 1024 }' "/proc/$server/status")
grown=$(($(disk) - before))

figures_begin
honest=$(wc -l <"$run/times")
figure sent "$(jq .rate "$run/flood.json")" /s '' "bogus requests answered, of $rate that were wanted, for $seconds s"
figure server_cpu "$cpu" % '' "of one processor, for all of them and the honest ones"
figure server_memory "$memory" MB '' "most of the server"
figure honest_p50 "$(sort -g "$run/times" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')" s '' "of $honest honest requests"
figure honest_p99 "$(sort -g "$run/times" | awk '{ v[NR] = $1 } END { print v[int(NR * 0.99 + 0.999)] }')" s 3 "of $honest honest requests"
figure honest_failed "$failed" requests 0 "not taken in 20 s"
figure disk_growth "$(awk -v k="$grown" 'BEGIN { printf "%.1f", k / 1024 }')" MB 10 "of the authority's directory and its log"
