# shellcheck shell=bash disable=SC2034
# est.bash - an authority that serves on loopback (Alice) and a machine that wants in (Bob), for the tests of ga-cert.

setup() {
  DIR=$BATS_TEST_TMPDIR
  PIDS=() joining=
  # A machine's proxy has no say on loopback.
  unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY
  # Bob's machine: in an open group.
  mkdir "$DIR/groups" "$DIR/states"
  printf 'name = "lab-enrol"\nnamespace = "lab-enrol-bats"\nbootstrap = []\nport = 25001\n' >"$DIR/groups/lab-enrol.toml"
  # Alice's machine: an authority and the closed group's file.
  alice authority init lab --no-passphrase >"$DIR/init" 2>&1 || { cat "$DIR/init"; return 1; }
  mkdir "$DIR/alice"
  printf 'name = "lab"\nnamespace = "lab-bats"\nbootstrap = ["192.0.2.1:25000"]\nport = 25000\n' >"$DIR/alice/lab.toml"
  FINGERPRINT=$(openssl x509 -in "$DIR/authority/authority.pem" -outform DER | sha256sum | cut -c 1-64)
}
teardown() {
  local pid
  for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null; done
  for pid in "${PIDS[@]}"; do wait "$pid" 2>/dev/null; done
  return 0
}

alice() { "$GA_BIN/ga-cert" --dir "$DIR/authority" --groups "$DIR/alice" "$@"; }
bob() { "$GA_BIN/ga-cert" --groups "$DIR/groups" --states "$DIR/states" --socket "$DIR/node.sock" "$@"; }

load within

# start_server [PORT]: returns when it listens; its place is in $PLACE, its process in $SERVER
start_server() {
  local try
  for ((try = 0; try < 20; try++)); do
    PLACE=127.0.0.1:${1:-$((RANDOM % 20000 + 30000))}
    "$GA_BIN/ga-cert" --dir "$DIR/authority" --groups "$DIR/alice" authority serve --address 127.0.0.1 \
      --port "${PLACE#*:}" >/dev/null 2>"$DIR/serve.log" 3>&- &
    SERVER=$!
    PIDS+=("$SERVER")
    within grep -qE 'listening|in use' "$DIR/serve.log"
    if grep -q listening "$DIR/serve.log"; then return; fi
    [[ -z ${1-} ]] || break
  done
  cat "$DIR/serve.log"
  return 1
}

# fetch PATH [CURL OPTION...]: the status on stdout, headers and body in $DIR/headers and $DIR/body
fetch() {
  local path=$1
  shift
  curl --silent --max-time 30 --cacert "$DIR/authority/authority.pem" --dump-header "$DIR/headers" \
    --output "$DIR/body" --write-out '%{http_code}' "$@" "https://$PLACE$path"
}
enrol() { # NAME [CURL OPTION...]
  fetch /.well-known/est/simpleenroll -H 'Content-Type: application/pkcs10' --data-binary "@$DIR/$1.b64" "${@:2}"
}
renew() { # NAME [CURL OPTION...]
  fetch /.well-known/est/simplereenroll -H 'Content-Type: application/pkcs10' --data-binary "@$DIR/$1.b64" "${@:2}"
}
make_request() { # NAME [USER]
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$DIR/$1.key" 2>/dev/null
  openssl req -new -key "$DIR/$1.key" -subj "/CN=${2:-$1}" -outform DER | base64 >"$DIR/$1.b64"
}
fingerprint_of() { openssl pkey -in "$1" -pubout -outform DER | sha256sum | cut -c 1-64; } # KEY
certificates_in() { base64 -d "$1" | openssl pkcs7 -inform DER -print_certs | openssl x509; }
waiting() { alice list --plain 2>/dev/null | wc -l; }
count_waiting() { [ "$(waiting)" -eq "$1" ]; }
accept_bob() { alice accept "$(fingerprint_of "$DIR/states/lab-enrol/key.pem" | cut -c 1-16)"; }

# accepted_bob: Bob's machine has its key, and Alice has said yes to it
accepted_bob() {
  mkdir -m 700 "$DIR/states/lab-enrol"
  (umask 077; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$DIR/states/lab-enrol/key.pem" 2>/dev/null)
  openssl req -new -key "$DIR/states/lab-enrol/key.pem" -subj /CN=bob -out "$DIR/bob.csr"
  alice sign "$DIR/bob.csr" --out /dev/null
}

# start_node: what a node that moves to the namespace lab-bats says on its control socket
start_node() {
  cat >"$DIR/node" <<'NODE'
#!/usr/bin/env bash
while read -r line; do
  id=$(sed -n 's/.*"id":\([0-9]*\).*/\1/p' <<<"$line")
  result='{"schema":"ipop.done/1"}'
  case $line in
    *'"reload"'*) echo reload >>"$0.calls" ;;
    *'"dht.get"'*) result="{\"schema\":\"ipop.dht/1\",\"outcome\":\"done\",\"values\":[$(cat "$0.dht")],\"detail\":\"\"}" ;;
    *'"status"'*)
      result='{"schema":"ipop.status/1","id":"335jigw774bpserovcroiwzfghxag2ve","namespace":"lab-bats","version":"0.1.0","joined":true,"ring_size_estimate":2,"links":1,"direct_links":1,"nat":"unknown","local_endpoints":[],"observed_endpoints":[],"prefix":"10.128.0.0/9","address":"10.192.11.218","lease_expires":1795409156,"domain":"ipop","names":[],"interface":"ipop0","cipher":"openssl","uptime_ms":1,"dht_records":0,"closed":true,"revocation_number":0,"certificate_expires":null,"counters":{}}' ;;
  esac
  printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$result"
done
NODE
  chmod +x "$DIR/node"
  socat "UNIX-LISTEN:$DIR/node.sock,fork" "EXEC:$DIR/node" 3>&- &
  PIDS+=("$!")
  within test -S "$DIR/node.sock"
}
# start_join [SUFFIX]: a join in the background, its process in $joining, what it says in $DIR/out and talk
start_join() {
  "$GA_BIN/ga-cert" --groups "$DIR/groups" --states "$DIR/states" --socket "$DIR/node.sock" join --user bob \
    --server "$PLACE" --fingerprint "$FINGERPRINT" >"$DIR/out${1-}" 2>"$DIR/talk${1-}" 3>&- &
  joining=$!
  PIDS+=("$joining")
}
is_joined() {
  openssl verify -CAfile "$DIR/authority/authority.pem" "$DIR/states/lab-enrol/certificate.pem"
  grep -q '^namespace = "lab-bats"' "$DIR/groups/lab-enrol.toml"
  grep -q 'BEGIN CERTIFICATE' "$DIR/groups/lab-enrol.toml"
  # Under the name that it has here: state and socket of the node are called so, also after its next start.
  grep -q '^name = "lab-enrol"' "$DIR/groups/lab-enrol.toml"
  grep -q '^namespace = "lab-enrol-bats"' "$DIR/groups/lab-enrol.toml.open"
  [ "$(cat "$DIR/node.calls")" = reload ]
}
