#!/usr/bin/env bats
# An authority whose ledger is not the one that its group knows, beside real nodes of a closed group: its server, and
# what is signed by hand. Alice's machine has the authority, Bob's node remembers.

bats_require_minimum_version 1.5.0
load nodes

setup() {
  DIR=$BATS_TEST_TMPDIR
  LAB=$DIR/lab
  PIDS=()
  make_group
  cert authority init lab --no-passphrase >/dev/null 2>&1
  printf 'authority = """\n%s\n"""\n' "$(cat "$LAB/authority.pem")" >>"$DIR/lab.toml"
  for name in alice bob; do member "$name"; done
  start_node alice
  start_node bob --bootstrap "$(of alice '.local_endpoints[0]')"
  within linked
}
teardown() {
  kill -CONT "${NODE_PIDS[@]}" 2>/dev/null || true
  for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null || true; done
  stop_nodes
}

cert() { "$GA_BIN/ga-cert" --dir "$LAB" --groups "$DIR" --socket "$DIR/alice.sock" "$@"; }
of() { "$GA_BIN/ipop-ctl" --socket "$DIR/$1.sock" status --json | jq -r "$2"; } # NODE FIELD
linked() { [ "$(of alice .links)" -gt 0 ] && [ "$(of bob .joined)" = true ]; }
# member NAME: a state directory with a key and a certificate
member() {
  mkdir -m 700 "$DIR/$1"
  cert request --key "$DIR/$1/key.pem" --user "$1" --out "$DIR/$1.csr" 2>/dev/null
  cert sign "$DIR/$1.csr" --out "$DIR/$1/certificate.pem" 2>/dev/null
}
# signs USER: an entry more, that the group remembers
signs() {
  cert request --key "$DIR/$1.key" --user "$1" --out "$DIR/$1.csr" 2>/dev/null
  cert sign "$DIR/$1.csr" --out "$DIR/$1.pem"
}
entries() { wc -l <"$LAB/ledger.jsonl"; }
# alone_with_old_ledger: the authority's files as they were before its last decision, and a node that reaches nobody yet
alone_with_old_ledger() {
  cp -a "$LAB" "$DIR/old"
  signs eve
  cert authority backup "$DIR/newest" --passphrase-file "$DIR/passphrase"
  mv "$LAB" "$DIR/new"
  mv "$DIR/old" "$LAB"
  kill -STOP "${NODE_PIDS[1]}"
  kill "${NODE_PIDS[0]}"
  wait "${NODE_PIDS[0]}" || true
  # A machine of its own remembers nothing.
  find "$DIR/alice" -type f ! -name '*.pem' -delete
  local first=${NODE_PIDS[1]}
  start_node alice --port "${port#*:}" --bootstrap "$peer"
  NODE_PIDS=("${NODE_PIDS[-1]}" "$first")
  [ "$(of alice .links)" = 0 ]
}
start_server() {
  local try
  for ((try = 0; try < 20; try++)); do
    PLACE=127.0.0.1:$((RANDOM % 20000 + 30000))
    # Not by the function: the process of that would be a shell.
    "$GA_BIN/ga-cert" --dir "$LAB" --groups "$DIR" --socket "$DIR/alice.sock" authority serve --address 127.0.0.1 --port "${PLACE#*:}" 2>"$DIR/serve.log" 3>&- &
    SERVER=$!
    PIDS+=("$SERVER")
    within grep -qE "${1:-listening}|in use" "$DIR/serve.log"
    if grep -qE "${1:-listening}" "$DIR/serve.log"; then return; fi
  done
  cat "$DIR/serve.log"
  return 1
}
asks() { # the status of a request for a certificate
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$DIR/asks.key" -subj /CN=carol \
    -outform DER 2>/dev/null | base64 >"$DIR/asks"
  curl --silent --max-time 30 --cacert "$LAB/authority.pem" --output "$DIR/body" --write-out '%{http_code}' \
    -H 'Content-Type: application/pkcs10' --data-binary "@$DIR/asks" "https://$PLACE/.well-known/est/simpleenroll"
}
answers() { [ "$(asks)" = "$1" ]; }
runs() { kill -0 "$SERVER"; }

places() {
  port=$(of alice '.local_endpoints[0]')
  peer=$(of bob '.local_endpoints[0]')
  (umask 077; echo 'correct horse battery' >"$DIR/passphrase")
}

@test "a server beside a node that was alone asks the group when a member comes, waits, and goes on after resume" {
  places
  alone_with_old_ledger
  start_server
  answers 202
  kill -CONT "${NODE_PIDS[1]}"
  within grep -qE "this is an old backup, or a copy|two copies of this authority" "$DIR/serve.log"
  runs
  answers 503
  grep -q "the authority's ledger is not the newest" "$DIR/body"
  before=$(entries)
  answers 503
  [ "$(entries)" = "$before" ]
  run cert list
  [ "$status" -eq 7 ]
  [[ $output == *"next: ga-cert --dir $LAB authority resume"* ]]
  within cert authority resume
  within grep -q "the ledger is the one that the group knows" "$DIR/serve.log"
  answers 202
  runs
}

@test "a server that starts with an old ledger signs nothing, and goes on with the newer one that is put in its place" {
  places
  cp -a "$LAB" "$DIR/old"
  signs eve
  cert authority backup "$DIR/newest" --passphrase-file "$DIR/passphrase"
  mv "$LAB" "$DIR/new"
  mv "$DIR/old" "$LAB"
  before=$(entries)
  start_server "this is an old backup, or a copy"
  runs
  [ "$(entries)" = "$before" ]
  run cert authority show
  [ "$status" -eq 7 ]
  [[ $output == *"entries"*"ga-cert: the ledger in $LAB ends with entry"* ]]
  cert authority restore "$DIR/newest" --passphrase-file "$DIR/passphrase"
  within grep -q listening "$DIR/serve.log"
  answers 202
  # An older one in its place, while it runs: it writes into none that was put aside.
  cp -a "$LAB" "$DIR/older"
  signs dave
  mv "$LAB" "$DIR/aside"
  mv "$DIR/older" "$LAB"
  aside=$(wc -l <"$DIR/aside/ledger.jsonl")
  within answers 503
  runs
  [ "$(wc -l <"$DIR/aside/ledger.jsonl")" = "$aside" ]
}

@test "what is signed by hand beside a node that reaches no member says that nobody was asked" {
  places
  signs dora
  run cert sign "$DIR/dora.csr" --out /dev/null
  [[ $output != *"reaches no other member"* ]]
  alone_with_old_ledger
  run cert sign "$DIR/eve.csr" --out /dev/null
  [ "$status" -eq 0 ]
  [[ $output == *"ga-cert: this machine's node reaches no other member, so the ledger was not compared with what the group knows"* ]]
}
