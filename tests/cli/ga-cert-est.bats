#!/usr/bin/env bats
# Enrolment over the network (RFC 7030): a server on loopback, and clients that are ours, curl, or hostile.
# shellcheck disable=SC2030,SC2031  # every test has its own list of processes

setup() {
  DIR=$BATS_TEST_TMPDIR
  PIDS=()
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

# within SECONDS COMMAND...: it succeeds before SECONDS are over
within() {
  local tries=$(($1 * 20))
  shift
  while ((tries-- > 0)); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.05
  done
  echo "did not come true: $*"
  return 1
}

# start_server [PORT]: returns when it listens; its place is in $PLACE, its process in $SERVER
start_server() {
  local try
  for ((try = 0; try < 20; try++)); do
    PLACE=127.0.0.1:${1:-$((RANDOM % 20000 + 30000))}
    alice authority serve --address 127.0.0.1 --port "${PLACE#*:}" >/dev/null 2>"$DIR/serve.log" 3>&- &
    SERVER=$!
    PIDS+=("$SERVER")
    within 20 grep -qE 'listening|in use' "$DIR/serve.log"
    if grep -q listening "$DIR/serve.log"; then return; fi
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
    *'"status"'*)
      result='{"schema":"ipop.status/1","id":"335jigw774bpserovcroiwzfghxag2ve","namespace":"lab-bats","version":"0.1.0","joined":true,"ring_size_estimate":2,"links":1,"direct_links":1,"nat":"unknown","local_endpoints":[],"observed_endpoints":[],"prefix":"10.128.0.0/9","address":"10.192.11.218","lease_expires":1795409156,"domain":"ipop","names":[],"interface":"ipop0","cipher":"openssl","uptime_ms":1,"dht_records":0,"closed":true,"revocation_number":0,"certificate_expires":null,"counters":{}}' ;;
  esac
  printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$result"
done
NODE
  chmod +x "$DIR/node"
  socat "UNIX-LISTEN:$DIR/node.sock,fork" "EXEC:$DIR/node" 3>&- &
  PIDS+=("$!")
  within 10 test -S "$DIR/node.sock"
}
is_joined() {
  openssl verify -CAfile "$DIR/authority/authority.pem" "$DIR/states/lab-enrol/certificate.pem"
  grep -q '^namespace = "lab-bats"' "$DIR/groups/lab-enrol.toml"
  grep -q 'BEGIN CERTIFICATE' "$DIR/groups/lab-enrol.toml"
  grep -q '^namespace = "lab-enrol-bats"' "$DIR/groups/lab-enrol.toml.open"
  [ "$(cat "$DIR/node.calls")" = reload ]
}

@test "curl and openssl alone enrol: cacerts, a request that waits, a certificate, its renewal" {
  start_server
  curl --silent --insecure --max-time 30 "https://$PLACE/.well-known/est/cacerts" | base64 -d |
    openssl pkcs7 -inform DER -print_certs | openssl x509 -out "$DIR/ca.pem"
  [ "$(openssl x509 -in "$DIR/ca.pem" -outform DER | sha256sum | cut -c 1-64)" = "$FINGERPRINT" ]

  make_request bob
  [ "$(enrol bob)" = 202 ]
  grep -qiE '^retry-after: [1-9][0-9]*' "$DIR/headers"
  alice accept "$(fingerprint_of "$DIR/bob.key" | cut -c 1-16)"
  [ "$(enrol bob)" = 200 ]
  grep -qi '^content-type: application/pkcs7-mime' "$DIR/headers"
  certificates_in "$DIR/body" >"$DIR/bob.pem"
  openssl verify -CAfile "$DIR/ca.pem" "$DIR/bob.pem"
  cmp <(openssl x509 -in "$DIR/bob.pem" -noout -pubkey) <(openssl pkey -in "$DIR/bob.key" -pubout)

  [ "$(renew bob)" = 403 ]
  [ "$(renew bob --cert "$DIR/bob.pem" --key "$DIR/bob.key")" = 200 ]
  certificates_in "$DIR/body" >"$DIR/renewed.pem"
  openssl verify -CAfile "$DIR/ca.pem" "$DIR/renewed.pem"
  [ "$(openssl x509 -in "$DIR/renewed.pem" -noout -serial)" != "$(openssl x509 -in "$DIR/bob.pem" -noout -serial)" ]
  [ "$(openssl x509 -in "$DIR/renewed.pem" -noout -subject)" = "$(openssl x509 -in "$DIR/bob.pem" -noout -subject)" ]
}

@test "a renewal may bring another key for the same user, and for no other user" {
  start_server
  make_request bob
  enrol bob
  alice accept "$(fingerprint_of "$DIR/bob.key" | cut -c 1-16)"
  enrol bob
  certificates_in "$DIR/body" >"$DIR/bob.pem"
  make_request new bob
  [ "$(renew new --cert "$DIR/bob.pem" --key "$DIR/bob.key")" = 200 ]
  cmp <(certificates_in "$DIR/body" | openssl x509 -noout -pubkey) <(openssl pkey -in "$DIR/new.key" -pubout)
  make_request other eve
  [ "$(renew other --cert "$DIR/bob.pem" --key "$DIR/bob.key")" = 403 ]
  # Somebody else's authority counts for nothing.
  openssl req -x509 -key "$DIR/other.key" -subj /CN=bob -days 2 -out "$DIR/other.pem"
  [ "$(renew other --cert "$DIR/other.pem" --key "$DIR/other.key")" = 403 ]
}

@test "a denial reaches the requester with its reason" {
  start_server
  make_request bob
  [ "$(enrol bob)" = 202 ]
  alice deny "$(fingerprint_of "$DIR/bob.key" | cut -c 1-16)" --reason "who is calling?"
  [ "$(enrol bob)" = 403 ]
  [ "$(cat "$DIR/body")" = "who is calling?" ]
  grep -qi '^content-type: text/plain' "$DIR/headers"
  openssl req -new -key "$DIR/bob.key" -subj /CN=bob -out "$DIR/bob.csr"
  run bob send "$DIR/bob.csr" --server "$PLACE" --fingerprint "$FINGERPRINT"
  [ "$status" -eq 1 ]
  [[ $output == *"denied: who is calling?"* ]]
}

@test "the closed group's file is for members only" {
  start_server
  make_request bob
  enrol bob
  alice accept "$(fingerprint_of "$DIR/bob.key" | cut -c 1-16)"
  enrol bob
  certificates_in "$DIR/body" >"$DIR/bob.pem"
  [ "$(fetch /.well-known/ga/group)" = 403 ]
  openssl req -x509 -key "$DIR/bob.key" -subj /CN=bob -days 2 -out "$DIR/self.pem"
  [ "$(fetch /.well-known/ga/group --cert "$DIR/self.pem" --key "$DIR/bob.key")" = 403 ]
  [ "$(fetch /.well-known/ga/group --cert "$DIR/bob.pem" --key "$DIR/bob.key")" = 200 ]
  grep -q '^namespace = "lab-bats"' "$DIR/body"
  grep -q 'BEGIN CERTIFICATE' "$DIR/body"
  # What is only this machine's stays here.
  [ "$(grep -c '^port' "$DIR/body")" -eq 0 ]
  alice revoke --user bob --offline
  [ "$(fetch /.well-known/ga/group --cert "$DIR/bob.pem" --key "$DIR/bob.key")" = 403 ]
  [ "$(renew bob --cert "$DIR/bob.pem" --key "$DIR/bob.key")" = 403 ]
}

@test "S18: what is no request is refused with a status and costs nothing else" {
  start_server
  make_request bob
  local pkcs10='Content-Type: application/pkcs10'
  for path in / /.well-known/est/ /.well-known/est/cacerts/ /.well-known/est/../est/cacerts /.well-known/est/%63acerts \
    /.well-known/ga/../../../../etc/passwd /.well-known/est/cacerts%00 '//' '/.well-known/est/CACERTS'; do
    [ "$(fetch "$path" --path-as-is)" = 404 ]
  done
  [ "$(fetch '/.well-known/est/cacerts?x=../..')" = 200 ]
  [ "$(fetch /.well-known/est/cacerts -X DELETE)" = 405 ]
  grep -qi '^allow: GET' "$DIR/headers"
  [ "$(fetch /.well-known/est/simpleenroll --interface 127.0.0.2)" = 405 ]
  [ "$(enrol bob -H 'Content-Type: text/plain' --interface 127.0.0.2)" = 415 ]
  head -c 16385 /dev/zero | tr '\0' A >"$DIR/large"
  [ "$(fetch /.well-known/est/simpleenroll -H "$pkcs10" --data-binary "@$DIR/large")" = 413 ]
  [ "$(fetch /.well-known/est/simpleenroll -H "$pkcs10" -H 'Transfer-Encoding: chunked' --data-binary "@$DIR/large")" = 413 ]
  head -c 600 /dev/urandom >"$DIR/noise"
  [ "$(fetch /.well-known/est/simpleenroll -H "$pkcs10" --data-binary "@$DIR/noise" --interface 127.0.0.3)" = 400 ]
  base64 "$DIR/noise" >"$DIR/noise.b64"
  [ "$(enrol noise --interface 127.0.0.3)" = 400 ]
  head -c 60000 /dev/zero | tr '\0' h >"$DIR/header"
  [[ $(fetch /.well-known/est/cacerts -H "X-Large: $(cat "$DIR/header")") =~ ^(4..|000)$ ]]
  # Not even TLS.
  head -c 5000 /dev/urandom | timeout 10 socat - "TCP:$PLACE" >/dev/null || true
  printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' | timeout 10 socat - "TCP:$PLACE" >/dev/null || true
  [ "$(enrol bob --interface 127.0.0.4)" = 202 ]
  [ "$(waiting)" -eq 1 ]
  kill -0 "$SERVER"
}

@test "old versions of TLS are refused, 1.2 and 1.3 are not" {
  start_server
  [ "$(fetch /.well-known/est/cacerts --tlsv1.2 --tls-max 1.2)" = 200 ]
  [ "$(fetch /.well-known/est/cacerts --tlsv1.3)" = 200 ]
  [ "$(fetch /.well-known/est/cacerts --tlsv1.1 --tls-max 1.1 --ciphers 'DEFAULT@SECLEVEL=0')" = 000 ]
}

@test "S11: clients that send an octet now and then are ended, and others are served meanwhile" {
  start_server
  for _ in {1..20}; do
    (for _ in {1..60}; do printf 'G'; sleep 1; done) |
      timeout 60 socat - "OPENSSL:$PLACE,verify=0,bind=127.0.0.9" >/dev/null 2>&1 3>&- &
    PIDS+=("$!")
  done
  make_request bob
  [ "$(enrol bob)" = 202 ]
  # The same address is served again once its slow connections are over.
  within 50 test "$(fetch /.well-known/est/cacerts --interface 127.0.0.9 --retry 40 --retry-all-errors --retry-delay 1)" = 200
}

@test "S11: a flood of bogus requests stops no honest one, and leaves little behind" {
  start_server
  make_request bogus
  cat >"$DIR/flood.py" <<'FLOOD'
import random, socket, ssl, sys, time
port, seconds, name = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
context = ssl._create_unverified_context()
good = open(sys.argv[4], "rb").read()
end, sent = time.time() + seconds, 0
while time.time() < end:
    source = "127.%s.%d.%d" % (name, random.randrange(4), random.randrange(1, 250))
    body = good if sent % 3 == 0 else bytes(random.choices(b"ABCDEFGHabcdefgh0123=+/ \n", k=random.randrange(16000)))
    try:
        with socket.create_connection(("127.0.0.1", port), 5, (source, 0)) as plain, context.wrap_socket(plain) as tls:
            tls.sendall(b"POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\n"
                        b"Content-Length: %d\r\n\r\n" % len(body) + body)
            if random.random() < 0.9:
                tls.recv(4096)
        sent += 1
    except OSError:
        pass
print(sent)
FLOOD
  before=$(du -sk "$DIR/authority" | cut -f 1)
  for number in 1 2 3; do
    python3 "$DIR/flood.py" "${PLACE#*:}" 5 "$number" "$DIR/bogus.b64" >"$DIR/sent.$number" 3>&- &
    PIDS+=("$!")
    flood[number]=$!
  done
  make_request bob
  [ "$(enrol bob --max-time 10)" = 202 ]
  wait "${flood[@]}"
  echo "bogus requests: $(paste -sd+ "$DIR"/sent.? | bc 2>/dev/null || cat "$DIR"/sent.?)"
  make_request carol
  [ "$(enrol carol --max-time 10)" = 202 ]
  after=$(du -sk "$DIR/authority" | cut -f 1)
  [ $((after - before)) -lt 10240 ]
  [ "$(waiting)" -eq 3 ]
  [ "$(wc -l <"$DIR/serve.log")" -lt 300 ]
}

@test "S11: one address may ask ten times, then it is told when to come back" {
  start_server
  make_request bob
  for _ in {1..10}; do [ "$(enrol bob --interface 127.0.0.7)" = 202 ]; done
  [ "$(enrol bob --interface 127.0.0.7)" = 429 ]
  grep -qiE '^retry-after: [1-6]\b' "$DIR/headers"
  [ "$(enrol bob --interface 127.0.0.8)" = 202 ]
  [ "$(waiting)" -eq 1 ]
}

@test "S16: foreign text in the server's log is one line, and escaped" {
  start_server
  fetch $'/\e[2Jx' || true
  printf 'GET /%%0aowned HTTP/1.1\r\nHost: x\r\n\r\n' | timeout 10 socat - "OPENSSL:$PLACE,verify=0" || true
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -utf8 -subj $'/CN=b\xc3\xa4d user' \
    -outform DER 2>/dev/null | base64 >"$DIR/odd.b64"
  enrol odd
  [ "$(LC_ALL=C grep -c '[^ -~]' "$DIR/serve.log")" -eq 0 ]
}

@test "a request outlives a server that is killed, and so does the decision" {
  start_server
  make_request bob
  [ "$(enrol bob)" = 202 ]
  kill -KILL "$SERVER"
  wait "$SERVER" || true
  [ "$(waiting)" -eq 1 ]
  alice accept "$(fingerprint_of "$DIR/bob.key" | cut -c 1-16)"
  start_server "${PLACE#*:}"
  [ "$(enrol bob)" = 200 ]
}

@test "the server ends at once and in order on SIGTERM and SIGINT" {
  for signal in TERM INT; do
    start_server
    socat "TCP:$PLACE" - </dev/zero >/dev/null 2>&1 3>&- &
    PIDS+=("$!")
    kill "-$signal" "$SERVER"
    status=0
    wait "$SERVER" || status=$?
    [ "$status" -eq 0 ]
    grep -q stopped "$DIR/serve.log"
  done
}

@test "a port that is taken, and no place to listen, are one line each" {
  start_server
  run alice authority serve --address 127.0.0.1 --port "${PLACE#*:}"
  [ "$status" -eq 1 ]
  [[ $output == *"$PLACE"*"in use"* ]]
  run alice authority serve
  [ "$status" -eq 2 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *--group*--address* ]]
}

@test "send brings a request from a file and takes the certificate" {
  start_server
  make_request bob
  base64 -d "$DIR/bob.b64" | openssl req -inform DER -out "$DIR/bob.csr"
  run bob send "$DIR/bob.csr" --server "$PLACE" --fingerprint "$FINGERPRINT" --no-wait
  [ "$status" -eq 6 ]
  alice accept "$(fingerprint_of "$DIR/bob.key" | cut -c 1-16)"
  bob send "$DIR/bob.csr" --server "$PLACE" --fingerprint "$FINGERPRINT" --out "$DIR/bob.pem"
  openssl verify -CAfile "$DIR/authority/authority.pem" "$DIR/bob.pem"
}

@test "join with another authority's fingerprint sends nothing" {
  start_server
  run bob join --user bob --server "$PLACE" --fingerprint "${FINGERPRINT//[0-4]/5}"
  [ "$status" -eq 1 ]
  [[ $output == *"another authority"* ]]
  [ "$(waiting)" -eq 0 ]
  [ ! -e "$DIR/states/lab-enrol/certificate.pem" ]
  run bob join --user bob --server "$PLACE" --fingerprint 1234
  [ "$status" -eq 2 ]
}

@test "join without a fingerprint and without a terminal is one line that says what to pass" {
  start_server
  run bob join --user bob --server "$PLACE" </dev/null
  [ "$status" -eq 2 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *"--fingerprint HEX"* ]]
  [ "$(waiting)" -eq 0 ]
}

@test "join asks on a terminal whether the fingerprints agree" {
  start_server
  start_node
  accepted_bob
  command="$GA_BIN/ga-cert --groups $DIR/groups --states $DIR/states --socket $DIR/node.sock join --user bob --server $PLACE"
  status=0
  echo no | script --quiet --return --command "$command" /dev/null >"$DIR/talk" 3>&- || status=$?
  [ "$status" -eq 1 ]
  [ ! -e "$DIR/states/lab-enrol/certificate.pem" ]
  grep -qi "$(sed 's/..../& /g; s/ $//' <<<"$FINGERPRINT")" "$DIR/talk"
  echo yes | script --quiet --return --command "$command" /dev/null >"$DIR/talk" 3>&-
  is_joined
}

@test "join waits for a person, installs what comes, and moves the node" {
  start_server
  start_node
  bob join --user bob --server "$PLACE" --fingerprint "$FINGERPRINT" >"$DIR/out" 2>"$DIR/talk" 3>&- &
  joining=$!
  PIDS+=("$joining")
  within 20 count_waiting 1
  grep -q 'ga-cert accept' "$DIR/talk"
  accept_bob
  wait "$joining"
  [ "$(cat "$DIR/out")" = "joined lab as 10.192.11.218" ]
  is_joined
  # The machine's own port stays.
  grep -q '^port = 25001' "$DIR/groups/lab-enrol.toml"
  # A second time there is nothing to do but to ask the node.
  run bob join --user bob
  [ "$status" -eq 0 ]
  [[ $output == *"closed group already"* ]]
}

@test "S28: the key is made on the machine, for its user only, and never leaves it" {
  start_server
  start_node
  bob join --user bob --server "$PLACE" --fingerprint "$FINGERPRINT" --timeout 1s || true
  [ "$(stat -c %a "$DIR/states/lab-enrol/key.pem")" = 600 ]
  secret=$(sed -n 2p "$DIR/states/lab-enrol/key.pem")
  run grep -rlF -- "$secret" "$DIR/authority" "$DIR/groups" "$DIR/alice" "$DIR/serve.log"
  [ "$status" -eq 1 ]
  chmod 644 "$DIR/states/lab-enrol/key.pem"
  run bob join --user bob --server "$PLACE" --fingerprint "$FINGERPRINT" --timeout 1s
  [ "$status" -eq 5 ]
  [[ $output == *"chmod 600"* ]]
}

@test "two joins at once get one certificate" {
  start_server
  start_node
  for number in 1 2; do
    bob join --user bob --server "$PLACE" --fingerprint "$FINGERPRINT" >"$DIR/out.$number" 2>&1 3>&- &
    both[number]=$!
    PIDS+=("$!")
  done
  within 20 count_waiting 1
  accept_bob
  wait "${both[1]}"
  wait "${both[2]}"
  [ "$(alice list --certificates --plain | wc -l)" -eq 1 ]
  [ "$(sort -u "$DIR/node.calls")" = reload ]
}

@test "an interrupted join leaves the group as it was, and goes on when it is started again" {
  start_server
  start_node
  before=$(cat "$DIR/groups/lab-enrol.toml")
  "$GA_BIN/ga-cert" --groups "$DIR/groups" --states "$DIR/states" --socket "$DIR/node.sock" join --user bob \
    --server "$PLACE" --fingerprint "$FINGERPRINT" >/dev/null 2>&1 3>&- &
  joining=$!
  within 20 count_waiting 1
  kill -TERM "$joining"
  wait "$joining" || true
  [ "$(cat "$DIR/groups/lab-enrol.toml")" = "$before" ]
  [ ! -e "$DIR/node.calls" ]
  accept_bob
  bob join --user bob --server "$PLACE" --fingerprint "$FINGERPRINT"
  is_joined
}

@test "a join outlives a server that goes away and comes back" {
  start_server
  start_node
  bob join --user bob --server "$PLACE" --fingerprint "$FINGERPRINT" >"$DIR/out" 2>"$DIR/talk" 3>&- &
  joining=$!
  PIDS+=("$joining")
  within 20 count_waiting 1
  kill -TERM "$SERVER"
  within 20 grep -q 'does not answer' "$DIR/talk"
  accept_bob
  start_server "${PLACE#*:}"
  wait "$joining"
  is_joined
}

@test "a join without a node or a server says so" {
  start_server
  accepted_bob
  run bob join --user bob --server 127.0.0.1:1 --fingerprint "$FINGERPRINT"
  [ "$status" -eq 1 ]
  [[ $output == *127.0.0.1:1* ]]
  run bob join --user bob --fingerprint "$FINGERPRINT"
  [ "$status" -eq 3 ]
  run bob join --user bob --server "$PLACE" --fingerprint "$FINGERPRINT"
  [ "$status" -eq 7 ]
  [[ $output == *"systemctl start ipop-node@lab-enrol"* ]]
  [ -e "$DIR/states/lab-enrol/certificate.pem" ]
}

@test "a dry run of join shows what would change, and changes nothing" {
  run bob join --user bob --dry-run
  [ "$status" -eq 0 ]
  [[ $output == *"+++ $DIR/states/lab-enrol/key.pem"*"+++ $DIR/groups/lab-enrol.toml"* ]]
  [ -z "$(ls "$DIR/states")" ]
  [ "$(ls "$DIR/groups")" = lab-enrol.toml ]
}
