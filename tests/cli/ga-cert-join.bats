#!/usr/bin/env bats
# Enrolment over the network: what a machine that wants in sees of `ga-cert send` and `ga-cert join`.
# shellcheck disable=SC2030,SC2031,SC2154  # every test has its own list of processes

load est

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
  [[ $output == *"different authority"* ]]
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
  start_join
  within count_waiting 1
  grep -q 'ga-cert accept' "$DIR/talk"
  accept_bob
  wait "$joining"
  [ "$(cat "$DIR/out")" = "joined lab as 10.192.11.218, called lab-enrol on this machine" ]
  is_joined
  # The machine's own port stays.
  grep -q '^port = 25001' "$DIR/groups/lab-enrol.toml"
  # A second time there is nothing to do but to ask the node.
  run bob join --user bob
  [ "$status" -eq 0 ]
  [[ $output == *"already in the closed group"* ]]
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
    start_join ".$number"
    both[number]=$joining
  done
  within count_waiting 1
  accept_bob
  wait "${both[1]}"
  wait "${both[2]}"
  [ "$(alice list --certificates --plain | cut -f 2 | grep -c bob)" -eq 1 ]
  [ "$(sort -u "$DIR/node.calls")" = reload ]
}

@test "an interrupted join leaves the group as it was, and goes on when it is started again" {
  start_server
  start_node
  before=$(cat "$DIR/groups/lab-enrol.toml")
  start_join
  within count_waiting 1
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
  start_join
  within count_waiting 1
  kill -TERM "$SERVER"
  within grep -q 'does not answer' "$DIR/talk"
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
  [[ $output == *"next: "*"ipop-node"*"lab-enrol"* ]]
  [ -e "$DIR/states/lab-enrol/certificate.pem" ]
}

@test "a dry run of join shows what would change, and changes nothing" {
  run bob join --user bob --dry-run
  [ "$status" -eq 0 ]
  [[ $output == *"+++ $DIR/states/lab-enrol/key.pem"*"+++ $DIR/groups/lab-enrol.toml"* ]]
  [ -z "$(ls "$DIR/states")" ]
  [ "$(ls "$DIR/groups")" = lab-enrol.toml ]
}

@test "an authority whose fingerprint is known is found among announcements of others, however many" {
  start_server
  start_node
  local i rows=
  for i in $(seq 20); do
    rows+="{\"value\":\"https://192.0.2.$i:8443 $(printf '%064d' "$i")\",\"owner\":\"335jigw774bpserovcroiwzfghxag2ve\",\"expires\":1795409156},"
  done
  rows+="{\"value\":\"https://$PLACE $FINGERPRINT\",\"owner\":\"335jigw774bpserovcroiwzfghxag2ve\",\"expires\":1795409156}"
  echo "$rows" >"$DIR/node.dht"
  run bob join --user bob --fingerprint "$FINGERPRINT" --timeout 1s
  echo "$output"
  [ "$status" -eq 6 ] # nobody has decided
  [ "$(waiting)" -eq 1 ]
}
