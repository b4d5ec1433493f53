#!/usr/bin/env bats
# Enrolment tokens: what lets a machine in without a person, how often, how long, and for whom.
# shellcheck disable=SC2030,SC2031,SC2154  # every test has its own list of processes

bats_require_minimum_version 1.5.0
load est

takes_tokens() { printf 'accept_tokens = true\n%s\n' "${1-}" >"$DIR/authority/policy.toml"; }
new_token() { alice token new --out "$DIR/token" "$@" 2>"$DIR/said"; }
# bob_sends NAME: a request with the token
bob_sends() {
  make_request "$1"
  base64 -d "$DIR/$1.b64" | openssl req -inform DER -out "$DIR/$1.csr"
  bob send "$DIR/$1.csr" --server "$PLACE" --token-file "$DIR/token" --no-wait --out "$DIR/$1.pem"
}

@test "S28: a token lets in as often as it says, and the use after that is refused" {
  takes_tokens
  new_token --uses 2 --note "two desks"
  start_server
  for name in one two; do
    bob_sends "$name"
    openssl verify -CAfile "$DIR/authority/authority.pem" "$DIR/$name.pem"
  done
  run bob_sends three
  [ "$status" -eq 1 ]
  [[ $output == *"used up (it was good for 2 uses)"* ]]
  [ ! -e "$DIR/three.pem" ]
  [ "$(waiting)" -eq 0 ]
  # The machine that was let in gets its certificate again, and that is no use.
  bob send "$DIR/one.csr" --server "$PLACE" --token-file "$DIR/token" --no-wait | cmp - "$DIR/one.pem"
  [ "$(alice token list --plain | cut -f2,3,6,7)" = "2	2	two desks	used up" ]
  # Every use is in the ledger, with the token's name.
  name=$(alice token list --plain | cut -f1)
  [ "$(alice list --decisions --plain | grep -c "by token $name")" -eq 2 ]
}

@test "--qr draws the token below it, also where the token goes to a file, and never into JSON" {
  takes_tokens
  run -0 --separate-stderr alice token new --qr
  [[ ${lines[0]} == gae1-* ]]
  [ "${#lines[@]}" -gt 15 ]
  [[ ${lines[1]} == *"█"* ]]
  run -0 --separate-stderr alice token new --qr --out "$DIR/token"
  [[ $output != *gae1-* ]]
  [[ ${lines[0]} == *"█"* ]]
  run alice token new --qr --json
  [ "$status" -eq 2 ]
  [ "$(alice token list --plain | wc -l)" -eq 2 ]
}

@test "a token that can't be written is taken back at once" {
  takes_tokens
  run alice token new --out "$DIR/none/token"
  [ "$status" -eq 1 ]
  [ "$(alice token list --plain | cut -f7)" = "taken back" ]
}

@test "S28: what is kept of a token is its hash, and it goes through no argument" {
  takes_tokens
  new_token
  [ "$(stat -c %a "$DIR/token")" = 600 ]
  run grep -rqF "$(cat "$DIR/token")" "$DIR/authority"
  [ "$status" -eq 1 ]
  run grep -qF "$(cat "$DIR/token")" "$DIR/said"
  [ "$status" -eq 1 ]
  # The secret is octets 32 to 47 of the token.
  secret=$(cut -c6- "$DIR/token" | python3 -c 'import base64,sys
t = sys.stdin.read().strip().upper()
print(base64.b32decode(t + "=" * (-len(t) % 8))[32:48].hex())')
  [ "${#secret}" -eq 32 ]
  run grep -rq "$secret" "$DIR/authority"
  [ "$status" -eq 1 ]
  name=$(python3 -c 'import hashlib,sys; print(hashlib.sha256(bytes.fromhex(sys.argv[1])).hexdigest())' "$secret")
  grep -q "\"token\":\"$name\"" "$DIR/authority/ledger.jsonl"
}

@test "S28: a token is refused after its end, and after it was taken back" {
  takes_tokens
  new_token --expires 1s
  start_server
  make_request late
  base64 -d "$DIR/late.b64" | openssl req -inform DER -out "$DIR/late.csr"
  until [ "$(alice token list --plain | cut -f7)" = ended ]; do sleep 0.1; done
  run bob send "$DIR/late.csr" --server "$PLACE" --token-file "$DIR/token" --no-wait
  [ "$status" -eq 1 ]
  [[ $output == *"past its end"*clock* ]]
  new_token --uses 5
  alice token revoke "$(alice token list --plain | awk -F'\t' '$7 == "good" {print $1}')"
  run bob_sends four
  [ "$status" -eq 1 ]
  [[ $output == *"taken back"* ]]
  run alice token revoke 00000000
  [ "$status" -eq 1 ]
  run alice token revoke xyz
  [ "$status" -eq 2 ]
}

@test "S28: a token is bound to its authority, to its user, and to what the policy allows" {
  takes_tokens 'users = ["one", "two"]'
  new_token --uses 9 --user one
  start_server
  run bob_sends two
  [ "$status" -eq 1 ]
  [[ $output == *"another user"* ]]
  bob_sends one
  run alice token new --user eve
  [ "$status" -eq 5 ] || [ "$status" -eq 1 ]
  # Another authority's token leads to nobody, and its secret is shown to nobody.
  "$GA_BIN/ga-cert" --dir "$DIR/other" authority init lab --no-passphrase
  printf 'accept_tokens = true\n' >"$DIR/other/policy.toml"
  "$GA_BIN/ga-cert" --dir "$DIR/other" token new --out "$DIR/token"
  run bob_sends five
  [ "$status" -eq 1 ]
  [[ $output == *"different authority"* ]]
  # A request that asks for more than the policy gives waits for a person, and the token keeps its use.
  new_token
  openssl req -new -key "$DIR/two.key" -subj /CN=two -addext "subjectAltName=IP:10.128.0.9" -out "$DIR/two.csr"
  run bob send "$DIR/two.csr" --server "$PLACE" --token-file "$DIR/token" --no-wait
  [ "$status" -eq 6 ]
  [ "$(waiting)" -eq 1 ]
  [ "$(alice token list --plain | awk -F'\t' '$7 == "good" && $5 == "" {print $2}')" = 0 ]
}

@test "S28: without a word of the policy no token is made, and none counts" {
  run alice token new
  [ "$status" -ne 0 ]
  [[ $output == *"accept_tokens = true"* ]]
  takes_tokens
  new_token
  : >"$DIR/authority/policy.toml"
  start_server
  run bob_sends one
  [ "$status" -eq 1 ]
  [[ $output == *"takes no enrolment tokens"* ]]
}

@test "S28: join with a token on a medium needs no person and no fingerprint" {
  takes_tokens
  new_token
  start_server
  start_node
  bob join --user bob --server "$PLACE" --token-file "$DIR/token" >"$DIR/out" </dev/null
  [ "$(cat "$DIR/out")" = "joined lab as 10.192.11.218, called lab-enrol on this machine" ]
  is_joined
  run bob send /dev/null --token-file <(echo gae1-damaged)
  [ "$status" -ne 0 ]
}

@test "S28: curl takes part with the token as its password" {
  takes_tokens
  new_token
  start_server
  make_request carol
  printf 'user = "carol:%s"\n' "$(cat "$DIR/token")" >"$DIR/curlrc"
  [ "$(enrol carol --config "$DIR/curlrc")" = 200 ]
  certificates_in "$DIR/body" | openssl verify -CAfile "$DIR/authority/authority.pem"
  make_request dave
  [ "$(enrol dave --config "$DIR/curlrc")" = 403 ]
  grep -q "used up" "$DIR/body"
  [ "$(enrol dave --user carol:guess)" = 403 ]
  run grep -qF "$(cat "$DIR/token")" "$DIR/serve.log"
  [ "$status" -eq 1 ]
}
