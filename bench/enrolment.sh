#!/usr/bin/env bash
# enrolment.sh BIN [--rate N] [--seconds N] [--output FILE] - what a flood of bogus certificate requests does to an
# authority: how long honest people wait, and how much disk it takes.
#
# Everything is on loopback and shares this machine's processors, so "sent" says how many requests there really were.
# The server takes one request a connection, so each costs both ends a TLS handshake. They come from another address of
# 127.0.0.0/8 each time; a third of the bodies are requests that could be signed, the rest is noise of up to 16 KiB.
# Appends one JSON object a figure to FILE (build/bench.jsonl by default).
# Exit status: 0 measured, 1 the authority did not start, 2 used wrongly.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage() { echo "usage: enrolment.sh DIRECTORY_OF_THE_PROGRAMS [--rate N] [--seconds N] [--output FILE]" >&2; exit 2; }
rate=1000 seconds=60 output=$here/../build/bench.jsonl
[[ $# -ge 1 && -x $1/ga-cert ]] || usage
bin=$(cd "$1" && pwd)
shift
while (($#)); do
  case $1 in
    --rate) rate=${2-} ;;
    --seconds) seconds=${2-} ;;
    --output) output=${2-} ;;
    *) usage ;;
  esac
  shift 2 || usage
done
[[ $rate =~ ^[1-9][0-9]*$ && $seconds =~ ^[1-9][0-9]?$ && -n $output ]] || usage
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
fail() { echo "enrolment.sh: $1" >&2; exit 1; }
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
    grep -qE 'listening|in use' "$run/serve.log" && break
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

cat >"$run/flood.py" <<'PYTHON'
import random, socket, ssl, sys, threading, time
port, seconds, rate, name, good = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), open(sys.argv[5], "rb").read()
connections = 8
context = ssl._create_unverified_context()
chance = random.Random(name)
def message(body):
    return (b"POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body)
noise = [message(bytes(chance.choices(b"ABCDEFGHabcdefgh0123=+/ \n", k=chance.randrange(16000)))) for _ in range(40)]
counts = [0] * connections
begin = time.monotonic()
def flood(number):
    sent = 0
    while (passed := time.monotonic() - begin) < seconds:
        if sent > passed * rate / connections:
            time.sleep(0.002)
            continue
        source = "127.%d.%d.%d" % (name, sent // 250 % 30 * 8 + number, sent % 250 + 1)
        body = message(good) if sent % 3 == 0 else noise[sent % len(noise)]
        try:
            with socket.create_connection(("127.0.0.1", port), 5, (source, 0)) as plain, context.wrap_socket(plain) as tls:
                tls.sendall(body)
                tls.recv(4096)
            sent += 1
        except OSError:
            pass
    counts[number] = sent
threads = [threading.Thread(target=flood, args=(number,)) for number in range(connections)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sum(counts))
PYTHON
senders=4
disk() { du -sk "$run/authority" | cut -f 1; }
before=$(disk)
flooding=()
for ((i = 1; i <= senders; i++)); do
  python3 "$run/flood.py" "$port" "$seconds" "$((rate / senders))" "$((i + 10))" "$run/bogus.b64" >"$run/sent.$i" &
  flooding+=("$!")
done
pids+=("${flooding[@]}")
failed=0
end=$((SECONDS + seconds))
for ((i = 0; i < seconds && SECONDS < end; i++)); do
  answer=$(curl --silent --max-time 20 --cacert "$run/authority/authority.pem" --interface "127.200.0.$((i + 1))" \
    --output /dev/null --write-out '%{http_code} %{time_total}' -H 'Content-Type: application/pkcs10' \
    --data-binary "@$run/user$i.b64" "https://127.0.0.1:$port/.well-known/est/simpleenroll") || true
  if [[ $answer == 202\ * ]]; then echo "${answer#* }" >>"$run/times"; else failed=$((failed + 1)); fi
  sleep 0.5
done
wait "${flooding[@]}"
grown=$(($(disk) - before))

figures_begin
honest=$(wc -l <"$run/times")
figure sent "$(cat "$run"/sent.? | awk -v s="$seconds" '{ n += $1 } END { printf "%.0f", n / s }')" /s '' "bogus requests, of $rate that were wanted, for $seconds s"
figure honest_p50 "$(sort -g "$run/times" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')" s '' "of $honest honest requests"
figure honest_p99 "$(sort -g "$run/times" | awk '{ v[NR] = $1 } END { print v[int(NR * 0.99 + 0.999)] }')" s 3 "of $honest honest requests"
figure honest_failed "$failed" requests 0 "not taken in 20 s"
figure disk_growth "$(awk -v k="$grown" 'BEGIN { printf "%.1f", k / 1024 }')" MB 10 "of the authority's directory"
