#!/usr/bin/env bats
# Renewal of a member's own certificate by the authority's server.
# shellcheck disable=SC2030,SC2031,SC2154  # every test has its own list of processes

load est

# member [LIFE [DAYS]]: Bob's machine is in the closed group, with a certificate for LIFE, of DAYS ago
member() {
  mkdir -m 700 "$DIR/states/lab"
  (umask 077; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$DIR/states/lab/key.pem" 2>/dev/null)
  openssl req -new -key "$DIR/states/lab/key.pem" -subj /CN=bob -out "$DIR/bob.csr"
  local at=(alice)
  (($# < 2)) || at=(long_ago "$2" --trust-clock)
  "${at[@]}" sign "$DIR/bob.csr" --life "${1:-90d}" --out "$DIR/states/lab/certificate.pem" 2>/dev/null
  rm "$DIR/groups/lab-enrol.toml"
  { cat "$DIR/alice/lab.toml"; printf 'authority = """\n%s\n"""\n' "$(cat "$DIR/authority/authority.pem")"; } >"$DIR/groups/lab.toml"
  CERTIFICATE=$DIR/states/lab/certificate.pem
}
serial() { openssl x509 -in "$CERTIFICATE" -noout -serial; }
# a node that tells the end of the certificate that is on the disk
start_member_node() {
  start_node
  sed -i 's|"certificate_expires":null|"certificate_expires":'"'\"\$(date -d \"\$(openssl x509 -in $CERTIFICATE -noout -enddate \| cut -d= -f2)\" +%s)\"'"'|' "$DIR/node"
}

@test "S10: a certificate that is not due stays; one that is due is renewed with its key, and the node reloads" {
  member
  start_server
  before=$(serial)
  run bob renew --if-due --server "$PLACE"
  [ "$status" -eq 0 ]
  [[ $output == *"is due on"* ]]
  [ "$(serial)" = "$before" ]
  start_member_node
  # Without --if-due it is renewed at any time.
  run bob renew --server "$PLACE"
  [ "$status" -eq 0 ]
  [[ $output == "renewed in lab, until "* ]]
  [ "$(serial)" != "$before" ]
  openssl verify -CAfile "$DIR/authority/authority.pem" "$CERTIFICATE"
  [ "$(openssl x509 -in "$CERTIFICATE" -noout -pubkey)" = "$(openssl pkey -in "$DIR/states/lab/key.pem" -pubout)" ]
  [ "$(cat "$DIR/node.calls")" = reload ]
  alice list --certificates --plain | grep -q "renewal"
}

@test "renew --dry-run looks for the server as renew does, and changes nothing" {
  member
  run bob renew --dry-run --server 127.0.0.1:1
  [ "$status" -eq 1 ]
  [[ $output == *"127.0.0.1:1"* ]]
  [[ $output == *"next: on the authority's machine: ga-cert authority serve --group GROUP"* ]]
  [[ $output == *"next: the same command again"* ]]
  [[ $output != *"+++ "* ]]
  start_server
  before=$(serial)
  run bob renew --dry-run --server "$PLACE"
  [ "$status" -eq 0 ]
  [[ $output == "+++ $CERTIFICATE" ]]
  [ "$(serial)" = "$before" ]
}

@test "S10: renew --all renews what is due in every closed group, and leaves open groups alone" {
  member
  printf 'name = "open"\nnamespace = "open-bats"\nbootstrap = []\n' >"$DIR/groups/open.toml"
  start_server
  before=$(serial)
  bob renew --all --server "$PLACE" --json | jq -e '.schema == "ga-cert.renew-own/1" and .group == "lab"'
  [ "$(serial)" != "$before" ]
  before=$(serial)
  bob renew --all --if-due --server "$PLACE"
  [ "$(serial)" = "$before" ]
}

@test "a wait for the authority's server is told also where no terminal shows it" {
  member
  start_node
  : >"$DIR/node.dht"
  "$GA_BIN/ga-cert" --groups "$DIR/groups" --states "$DIR/states" --socket "$DIR/node.sock" renew --all \
    >"$DIR/out" 2>"$DIR/talk" 3>&- &
  PIDS+=("$!")
  within test -s "$DIR/talk"
  cat "$DIR/talk"
  grep -q "^Waiting for the authority's server in the group, at most 1 min" "$DIR/talk"
}

# long_ago DAYS COMMAND...: with the clock of that time
long_ago() {
  command -v faketime >/dev/null || skip "no faketime on this machine"
  # Sanitizers want to be the first library.
  ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 faketime "$1 days ago" "$GA_BIN/ga-cert" --dir "$DIR/authority" --groups "$DIR/alice" "${@:2}"
}
old_authority() {
  rm -r "$DIR/authority"
  long_ago 200 authority init lab --no-passphrase 2>/dev/null
}

@test "S10: a certificate is due at two thirds of its life: not after 59 of 90 days" {
  old_authority
  member 90d 59
  start_server
  before=$(serial)
  bob renew --if-due --server "$PLACE"
  [ "$(serial)" = "$before" ]
}

@test "S10: after 61 of 90 days it is due, and is renewed" {
  old_authority
  member 90d 61
  start_server
  before=$(serial)
  bob renew --if-due --server "$PLACE"
  [ "$(serial)" != "$before" ]
  alice list --certificates --plain | grep -q "renewal"
}

@test "who renewed by hand as often as he may has a renewal left when it is due" {
  old_authority
  member 90d 61
  start_server
  long_ago 61 --trust-clock renew "$CERTIFICATE" --out "$DIR/second.pem"
  run long_ago 61 --trust-clock renew "$CERTIFICATE" --out "$DIR/third.pem"
  [ "$status" -eq 1 ]
  [[ $output == *"is not due for renewal"* ]]
  mv "$DIR/second.pem" "$CERTIFICATE"
  before=$(serial)
  bob renew --if-due --server "$PLACE"
  [ "$(serial)" != "$before" ]
}

@test "a certificate that has ended says how to ask for another" {
  old_authority
  member 90d 100
  run bob renew
  [ "$status" -eq 1 ]
  [[ $output == *"it ended on"* ]]
  [[ $output == *"next: ga-group join --replace TOKEN"* ]]
}

@test "the server's own certificate is renewed in time while it runs" {
  command -v faketime >/dev/null || skip "no faketime on this machine"
  library=$(find /usr/lib -name libfaketime.so.1 | head -n 1)
  [ -n "$library" ] || skip "no libfaketime on this machine"
  echo "+0" >"$DIR/clock"
  # The monotonic clock is the real one: that the wall clock went ahead is seen with the next request.
  export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
  export LD_PRELOAD=$library FAKETIME_TIMESTAMP_FILE=$DIR/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
  start_server
  unset LD_PRELOAD FAKETIME_TIMESTAMP_FILE ASAN_OPTIONS
  served() { openssl s_client -connect "$PLACE" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
  before=$(served)
  [ -n "$before" ]
  curl --silent --max-time 10 --cacert "$DIR/authority/authority.pem" -o /dev/null "https://$PLACE/.well-known/est/cacerts"
  [ "$(served)" = "$before" ]
  echo "+61d" >"$DIR/clock"
  curl --silent --max-time 10 --cacert "$DIR/authority/authority.pem" -o /dev/null "https://$PLACE/.well-known/est/cacerts"
  is_another() { local now; now=$(served) && [ -n "$now" ] && [ "$now" != "$before" ]; }
  within is_another
  grep -q "own certificate renewed" "$DIR/serve.log"
}

@test "renewal of a revoked key is refused, and the certificate stays" {
  member
  start_server
  before=$(serial)
  alice revoke "$CERTIFICATE" --offline
  run bob renew --server "$PLACE"
  [ "$status" -eq 1 ]
  [[ $output == *"not renewed: "*revoked* ]]
  [ "$(serial)" = "$before" ]
}

@test "renewal without a server, a key or a certificate is one line that says why, and nothing changes" {
  member
  before=$(serial)
  run bob renew --server 127.0.0.1:9
  [ "$status" -eq 1 ]
  [ "$(serial)" = "$before" ]
  chmod 644 "$DIR/states/lab/key.pem"
  run bob renew --server 127.0.0.1:9
  [ "$status" -eq 5 ]
  [[ $output == *"chmod 600"* ]]
  rm "$CERTIFICATE"
  run bob renew --server 127.0.0.1:9
  [ "$status" -eq 1 ]
  printf 'name = "open"\nnamespace = "open-bats"\nbootstrap = []\n' >"$DIR/groups/open.toml"
  run bob renew --group open
  [ "$status" -eq 1 ]
  [[ $output == *"open group"* ]]
  run bob renew --request x --group open
  [ "$status" -eq 2 ]
}
