#!/usr/bin/env bats
# What an administrator and a member see of ga-cert, and what OpenSSL, which is not ours, says to what it makes.

setup() {
  DIR=$BATS_TEST_TMPDIR
  LAB=$DIR/lab
}

teardown() {
  if [[ -n ${FULL:-} ]]; then umount "$FULL"; fi
}

cert() { "$GA_BIN/ga-cert" --dir "$LAB" "$@"; }
authority() { cert authority init lab --no-passphrase >/dev/null 2>&1; }
# request NAME [OPTION...]: NAME.key and NAME.csr
request() { cert request --key "$DIR/$1.key" --user "$1" --out "$DIR/$1.csr" "${@:2}" 2>/dev/null; }
# signed NAME [OPTION...]: and NAME.pem
signed() {
  request "$1"
  cert sign "$DIR/$1.csr" --out "$DIR/$1.pem" "${@:2}" 2>/dev/null
}
key_of() { openssl pkey -in "$1" -pubout -outform DER | sha256sum | cut -c1-64; }
serial_of() { cert show "$1" --json | jq -r .serial; }
# waits NAME [OPTION...]: a request in the authority's queue
waits() {
  request "$@"
  cert submit "$DIR/$1.csr" --source "a letter" 2>/dev/null
}

@test "authorities in a folder that is closed to a user are not said to be missing" {
  ((EUID == 0)) || skip "only root can close a folder to somebody else"
  setpriv --reuid 65534 --regid 65534 --clear-groups "$GA_BIN/ga-cert" --version >/dev/null ||
    skip "the programs are in a folder that is closed to others"
  # closed MODE MODE: of the folder of all that is the appliance's, and of an authority's.
  closed() {
    unshare --mount --propagation private sh -c 'mount -t tmpfs -o mode=755 none /var/lib && mkdir -m "$1" /var/lib/ga &&
      mkdir /var/lib/ga/authority && mkdir -m "$2" /var/lib/ga/authority/lab && shift 2 &&
      exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"' sh "$1" "$2" "$GA_BIN/ga-cert" list
  }
  run closed 700 755
  [ "$status" -eq 4 ]
  [[ ${lines[0]} == "ga-cert: /var/lib/ga/authority: Permission denied" ]]
  run closed 755 700
  [ "$status" -eq 4 ]
  [[ ${lines[0]} == "ga-cert: "*"/var/lib/ga/authority/lab"*": Permission denied" ]]
}

@test "a request waits until a person accepts or denies it, and is told why" {
  authority
  waits bob
  waits eve
  bob=$(key_of "$DIR/bob.key")
  eve=$(key_of "$DIR/eve.key")
  [ "$(cert list --plain | cut -f1,2,4 | sort)" = "$(printf '%s\tbob\ta letter\n%s\teve\ta letter\n' "${bob:0:16}" "${eve:0:16}" | sort)" ]
  [ "$(cert show "${bob:0:10}" --plain | awk -F'\t' '$1 == "state" {print $2}')" = waiting ]
  run cert accept "${bob:0:16}" --dry-run
  [[ $output == "would be accepted: ${bob:0:16} bob"* ]]
  cert accept "${bob:0:16}" --plain >"$DIR/accepted"
  [ "$(cut -f1-3 "$DIR/accepted")" = "accepted	$bob	bob" ]
  cert export "$(cut -f4 "$DIR/accepted")" >"$DIR/bob.pem"
  openssl verify -x509_strict -CAfile "$LAB/authority.pem" "$DIR/bob.pem"
  cert deny "${eve:0:8}" --reason "who are you?"
  run cert submit "$DIR/eve.csr"
  [ "$status" -eq 1 ]
  [[ $output == *"Denied: who are you?"* ]]
  cert submit "$DIR/bob.csr" 2>/dev/null | cmp - "$DIR/bob.pem"
  [ "$(cert list --plain | wc -l)" -eq 0 ]
  run cert deny "${bob:0:8}" --reason late
  [ "$status" -eq 1 ]
  [[ $output == *revoke* ]]
  # A person may think again.
  cert accept "${eve:0:8}"
  cert submit "$DIR/eve.csr" 2>/dev/null | openssl x509 -noout
}

@test "a denial without a reason is said" {
  authority
  waits eve
  run cert deny eve
  [ "$status" -eq 0 ]
  [[ $output == *'the requester reads only "the administrator gave no reason"'* ]]
}

@test "a second machine of a user is asked about on a terminal, and waits for --another-machine in a script" {
  authority
  waits bob
  cert accept bob
  first=$(key_of "$DIR/bob.key")
  rm "$DIR/bob.key" "$DIR/bob.csr"
  waits bob
  second=$(key_of "$DIR/bob.key")
  [[ $(cert list 2>&1) == *"${second:0:16}: bob has a valid certificate for another machine (key ${first:0:16}); is it the same person?"* ]]
  [ "$(cert list --json | jq -r '.requests[0].other_machine')" = "$first" ]
  [ "$(cert show bob --plain | awk -F'\t' '$1 == "other_machine" {print $2}')" = "$first" ]
  for way in "" --dry-run; do
    # shellcheck disable=SC2086
    run cert accept bob $way
    [ "$status" -eq 1 ]
    [[ $output == *"ga-cert: $second: bob has a valid certificate for another machine (key ${first:0:16}, until "* ]]
    [[ $output == *"next: ga-cert --dir $LAB accept --another-machine ${second:0:16}"* ]]
    [[ $output == *"next: ga-cert --dir $LAB deny ${second:0:16} --reason TEXT"* ]]
  done
  asked() { script --quiet --return --command "'$GA_BIN/ga-cert' --dir '$LAB' accept bob" /dev/null >"$DIR/talk" 3>&-; }
  status=0
  asked <<<n || status=$?
  [ "$status" -eq 1 ]
  grep -q "Is the request ${second:0:16} of the same person? \[y/N\]" "$DIR/talk"
  grep -q "left waiting" "$DIR/talk"
  [ "$(cert list --plain | wc -l)" -eq 1 ]
  asked <<<y
  grep -q "accepted: ${second:0:16} bob" "$DIR/talk"
  rm "$DIR/bob.key" "$DIR/bob.csr"
  waits bob
  cert accept bob --another-machine
  # Who takes another name on the way is that user's other machine as well.
  waits eve
  run cert accept eve --user bob
  [ "$status" -eq 1 ]
  cert accept eve
  # One that is revoked is no machine any more.
  run cert revoke --key "$(key_of "$DIR/eve.key")"
  rm "$DIR/eve.key" "$DIR/eve.csr"
  waits eve
  cert accept eve
  # A line for each fits a terminal.
  run cert list --certificates
  [ "$(wc -L <<<"$output")" -le 80 ]
}

@test "a request is named by its user, or by the fingerprint as it is printed" {
  authority
  for name in bob carol eve; do waits "$name"; done
  cert accept bob
  cert submit "$DIR/bob.csr" 2>/dev/null | openssl x509 -noout -subject | grep -q bob
  carol=$(key_of "$DIR/carol.key")
  grouped=$(sed 's/..../& /g; s/ $//' <<<"$carol")
  # shellcheck disable=SC2086
  cert accept $grouped
  # In one word, and with what people put between the groups.
  [[ $(cert show "${grouped// /-}" --plain) == *carol* ]]
  # Nobody has to give a reason; the requester is told that.
  cert deny eve
  run cert submit "$DIR/eve.csr"
  [ "$status" -eq 1 ]
  [[ $output == *"Denied: the administrator gave no reason"* ]]
  run cert accept nobody
  [ "$status" -eq 1 ]
  [[ $output == *'no request of a user "nobody" waits'* ]]
}

@test "a user's name that looks like another's fingerprint does not pass for it" {
  authority
  waits bob
  bob=$(key_of "$DIR/bob.key")
  cert request --key "$DIR/eve.key" --user "${bob:0:16}" --out "$DIR/eve.csr" 2>/dev/null
  cert submit "$DIR/eve.csr" 2>/dev/null
  run cert accept "${bob:0:16}"
  [ "$status" -eq 1 ]
  [[ $output == *"is ambiguous"* ]]
  cert accept "$bob"
  cert submit "$DIR/bob.csr" 2>/dev/null | openssl x509 -noout -subject | grep -q bob
}

@test "several are accepted at once; what can't be is exit status 7" {
  authority
  for name in a b c; do waits "$name"; done
  a=$(key_of "$DIR/a.key") b=$(key_of "$DIR/b.key")
  run cert accept "$a" "$b" 0000000000000000
  [ "$status" -eq 7 ]
  [[ $output == *"no request begins with 0000000000000000"* ]]
  [ "$(cert list --plain | wc -l)" -eq 1 ]
  run cert deny "$(key_of "$DIR/c.key")" --reason "$(printf 'two\nlines')"
  [ "$status" -eq 2 ]
}

@test "automatic accept is off until the policy says so, and signs what the policy allows only" {
  authority
  waits bob
  [ "$(cert list --plain | wc -l)" -eq 1 ]
  printf 'accept_automatically = true\nusers = ["carol"]\n' >"$LAB/policy.toml"
  request carol
  cert submit "$DIR/carol.csr" | openssl x509 -noout -subject -nameopt RFC2253 | grep -q 'CN=carol'
  request dave
  run cert submit "$DIR/dave.csr" --json
  [ "$status" -eq 1 ]
  [ "$(jq -r '.schema, .state' <<<"$output" | paste -sd' ')" = "ga-cert.submit/1 denied" ]
  [[ $(jq -r .reason <<<"$output") == *'no user "dave"'* ]]
  cert list --decisions --plain | grep -q "policy: "
  # The policy changed, so what it denied is judged anew.
  printf 'accept_automatically = true\n' >"$LAB/policy.toml"
  cert submit "$DIR/dave.csr" | openssl x509 -noout
}

@test "S11: the queue has an end, and a request that does not fit says so" {
  authority
  request bob
  openssl req -new -key "$DIR/bob.key" -subj "/CN=bob" -addext "1.2.3.4=ASN1:UTF8String:$(printf 'x%.0s' {1..5000})" -out "$DIR/big.csr"
  run cert submit "$DIR/big.csr"
  [ "$status" -eq 1 ]
  [[ $output == *"longer than 4096 octets"* ]]
}

@test "openssl verifies what is signed, strictly, and reads the names that were asked for" {
  authority
  request bob --ip 10.128.0.7
  cert sign "$DIR/bob.csr" --ip 10.128.0.7 --out "$DIR/bob.pem"
  openssl verify -x509_strict -CAfile "$LAB/authority.pem" "$DIR/bob.pem"
  openssl verify -x509_strict -purpose sslclient -CAfile "$LAB/authority.pem" "$DIR/bob.pem"
  openssl verify -x509_strict -purpose sslserver -CAfile "$LAB/authority.pem" "$DIR/bob.pem"
  text=$(openssl x509 -in "$DIR/bob.pem" -noout -text -nameopt RFC2253)
  [[ $text == *"Subject: CN=bob,O=lab"* ]]
  [[ $text == *"Issuer: CN=lab"* ]]
  [[ $text == *"IP Address:10.128.0.7"* ]]
  [[ $text == *"CA:FALSE"* ]]
  [[ $text == *"TLS Web Server Authentication, TLS Web Client Authentication"* ]]
  authority_text=$(openssl x509 -in "$LAB/authority.pem" -noout -text -nameopt RFC2253)
  [[ $authority_text == *"CA:TRUE, pathlen:0"* ]]
  [[ $authority_text == *"Certificate Sign, CRL Sign"* ]]
}

@test "a certificate ends after 90 days, begins a day ago and has 128 random bits of serial number" {
  authority
  signed bob
  openssl x509 -in "$DIR/bob.pem" -noout -checkend $((89 * 86400))
  run openssl x509 -in "$DIR/bob.pem" -noout -checkend $((91 * 86400))
  [ "$status" -eq 1 ]
  begin=$(date -d "$(openssl x509 -in "$DIR/bob.pem" -noout -startdate | cut -d= -f2)" +%s)
  ((begin <= $(date +%s) - 86000))
  serial=$(openssl x509 -in "$DIR/bob.pem" -noout -serial)
  ((${#serial} >= 7 + 30))
}

@test "a request that openssl made is signed, and one of ours is one to openssl" {
  authority
  openssl ecparam -name prime256v1 -genkey -noout -out "$DIR/o.key"
  openssl req -new -key "$DIR/o.key" -subj "/CN=olga" -addext "subjectAltName=IP:10.128.0.9" -out "$DIR/o.csr"
  cert sign "$DIR/o.csr" --no-ip --out "$DIR/o.pem"
  openssl verify -x509_strict -CAfile "$LAB/authority.pem" "$DIR/o.pem"
  [ "$(openssl x509 -in "$DIR/o.pem" -noout -pubkey)" = "$(openssl pkey -in "$DIR/o.key" -pubout)" ]
  request bob
  openssl req -in "$DIR/bob.csr" -noout -verify
  openssl req -in "$DIR/o.csr" -outform DER | cert sign - --no-ip --dry-run
}

@test "an address that nobody allowed is not pinned" {
  authority
  request bob --ip 10.128.0.7
  run cert sign "$DIR/bob.csr"
  [ "$status" -eq 1 ]
  [[ $output == *"10.128.0.7"* ]]
  printf '[pinned]\nbob = ["10.128.0.7"]\n' >"$LAB/policy.toml"
  cert sign "$DIR/bob.csr" | openssl x509 -noout -ext subjectAltName | grep -q 10.128.0.7
  request carol --ip 10.128.0.7
  run cert sign "$DIR/carol.csr" --ip 10.128.0.7
  [ "$status" -eq 1 ]
  [[ $output == *"pinned to another key"* ]]
}

@test "the policy's users, life time and quota hold, and a wrong policy is named with its line" {
  authority
  printf 'users = ["bob"]\nlife_hours = 2\nquota = 1\n' >"$LAB/policy.toml"
  request eve
  run cert sign "$DIR/eve.csr"
  [ "$status" -eq 1 ]
  [[ $output == *'no user "eve"'* ]]
  signed bob
  openssl x509 -in "$DIR/bob.pem" -noout -checkend 7000
  run openssl x509 -in "$DIR/bob.pem" -noout -checkend 7300
  [ "$status" -eq 1 ]
  cert request --key "$DIR/second.key" --user bob --out "$DIR/second.csr"
  run cert sign "$DIR/second.csr"
  [ "$status" -eq 1 ]
  [[ $output == *quota* ]]
  run cert sign "$DIR/bob.csr" --life 91d
  [ "$status" -eq 1 ]
  printf 'life_hours = 2\nqota = 1\n' >"$LAB/policy.toml"
  run cert sign "$DIR/bob.csr"
  [ "$status" -eq 5 ]
  [[ $output == *"policy.toml:2: unknown key \"qota\" (did you mean \"quota\"?)"* ]]
}

@test "S1: a user's ninth key is refused" {
  authority
  for i in 1 2 3 4 5 6 7 8; do
    cert request --key "$DIR/$i.key" --user bob --out "$DIR/$i.csr" 2>/dev/null
    cert sign "$DIR/$i.csr" --out "$DIR/$i.pem" 2>/dev/null
  done
  cert request --key "$DIR/9.key" --user bob --out "$DIR/9.csr" 2>/dev/null
  run cert sign "$DIR/9.csr"
  [ "$status" -eq 1 ]
  [[ $output == *quota* ]]
}

@test "renew signs the same key and user again, or another key when it asks for itself" {
  authority
  signed bob
  cert renew "$DIR/bob.pem" --out "$DIR/again.pem"
  [ "$(openssl x509 -in "$DIR/again.pem" -noout -pubkey -subject)" = "$(openssl x509 -in "$DIR/bob.pem" -noout -pubkey -subject)" ]
  [ "$(serial_of "$DIR/again.pem")" != "$(serial_of "$DIR/bob.pem")" ]
  cert request --key "$DIR/next.key" --user bob --out "$DIR/next.csr"
  serial=$(serial_of "$DIR/again.pem")
  cert renew "${serial:0:12}" --request "$DIR/next.csr" | openssl x509 -noout -pubkey | cmp - <(openssl pkey -in "$DIR/next.key" -pubout)
  request eve
  run cert renew "$DIR/bob.pem" --request "$DIR/eve.csr"
  [ "$status" -eq 1 ]
  run cert renew "$DIR/bob.pem"
  [ "$status" -eq 1 ]
  [[ $output == *"2 live certificates"*"not due"* ]]
}

@test "a revoked certificate is one to our list, to the CRL and to openssl; another user is untouched" {
  authority
  signed bob
  signed carol
  serial=$(serial_of "$DIR/bob.pem")
  run cert revoke "${serial:0:10}" --offline --reason "lost the laptop"
  [ "$status" -eq 0 ]
  [[ $output == *"signed but not yet in force: the revocation of key"*"by list 1"* ]]
  run cert verify "$DIR/bob.pem"
  [ "$status" -eq 1 ]
  [[ $output == *revoked* ]]
  cert verify "$DIR/carol.pem"
  cert crl --out "$DIR/crl.pem"
  openssl verify -x509_strict -crl_check -CRLfile "$DIR/crl.pem" -CAfile "$LAB/authority.pem" "$DIR/carol.pem"
  run openssl verify -x509_strict -crl_check -CRLfile "$DIR/crl.pem" -CAfile "$LAB/authority.pem" "$DIR/bob.pem"
  [[ $output == *"certificate revoked"* ]]
  [[ $(openssl crl -in "$DIR/crl.pem" -noout -crlnumber) == crlNumber=0x02 ]]
  cert crl --der | openssl crl -inform DER -noout -CAfile "$LAB/authority.pem" 2>&1 | grep -q "verify OK"
  run cert sign "$DIR/bob.csr"
  [ "$status" -eq 1 ]
  run cert renew "$DIR/bob.pem"
  [ "$status" -eq 1 ]
}

@test "a revoked user loses all keys, and every revocation has the next number" {
  authority
  signed bob
  run -2 cert revoke bob --offline
  [[ $output == *"all that user bob has: --user bob"* ]]
  cert revoke --user bob --offline
  run cert verify "$DIR/bob.pem"
  [ "$status" -eq 1 ]
  key=$(head -c 32 /dev/urandom | sha256sum | cut -c1-64)
  run cert revoke --key "$key" --offline --json
  [ "$(jq -r '.schema, .number, .key' < <(grep schema <<<"$output") | paste -sd' ')" = "ga-cert.revoke/1 2 $key" ]
  run cert revoke --user bob --offline
  [ "$status" -eq 1 ]
  [[ $output == *"revoked already, by list 1"* ]]
  run cert revoke --key abc --offline
  [ "$status" -eq 2 ]
}

@test "revoke hands the list to the node, and says how to do it later when none runs" {
  authority
  signed bob
  run cert revoke "$DIR/bob.pem" --socket "$DIR/node.sock"
  [ "$status" -eq 7 ]
  [[ $output == *"no node of the group lab runs here"* ]]
  [[ $output == *"ga-cert revoke --publish"* ]]
  run cert revoke --publish --socket "$DIR/node.sock"
  [ "$status" -eq 3 ]
  # node_says ANSWER: a node that keeps what it was told, and answers once.
  node_says() {
    echo "$1" >"$DIR/answer"
    rm -f "$DIR/node.sock"
    socat UNIX-LISTEN:"$DIR/node.sock" SYSTEM:"head -n1 >$DIR/asked; cat $DIR/answer" 3>&- &
    until [ -S "$DIR/node.sock" ]; do sleep 0.02; done
  }
  node_says '{"jsonrpc":"2.0","id":1,"result":{"schema":"ipop.done/1"}}'
  cert revoke --publish --socket "$DIR/node.sock"
  [ "$(jq -r .method "$DIR/asked")" = revoke ]
  jq -r .params.list "$DIR/asked" | base64 -d | cmp - "$LAB/revocations.list"
  node_says '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"older","data":{"reason":"conflict"}}}'
  run cert revoke --publish --socket "$DIR/node.sock"
  [ "$status" -eq 1 ]
  [[ $output == *"refused the list: older"* ]]
  node_says '{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"only root","data":{"reason":"permission_denied"}}}'
  run cert revoke --publish --socket "$DIR/node.sock"
  [ "$status" -eq 4 ]
  node_says 'what?'
  run cert revoke --publish --socket "$DIR/node.sock"
  [ "$status" -eq 1 ]
}

# closed_group NAME AUTHORITY-DIRECTORY: its file in $DIR/groups
closed_group() {
  "$GA_BIN/ga-group" --dir "$DIR/groups" new "$1" --no-start --authority "$2/authority.pem" --prefix "10.$((200 + ++made)).0.0/16" >/dev/null 2>&1
}

@test "a list goes to the groups of its authority, whatever they are called, and until a node has it is not in force" {
  authority
  "$GA_BIN/ga-cert" --dir "$DIR/other" authority init lab --no-passphrase >/dev/null 2>&1
  made=0
  # The group that is called as the authority is another one's.
  closed_group lab "$DIR/other"
  closed_group sea "$LAB"
  closed_group shore "$LAB"
  signed eve
  run cert --groups "$DIR/groups" revoke --user eve
  [ "$status" -eq 7 ]
  [[ $output == *"no node of the group sea runs here"* ]]
  [[ $output == *"no node of the group shore runs here"* ]]
  [[ $output != *"group lab"* ]]
  [[ $output == *"signed but not yet in force: the revocation of user eve by list 1"* ]]
  [[ $output != *"revoked user eve"* ]]
  # The command that is printed asks the same groups again.
  next=$(sed -n 's/^ *next: ga-cert \(revoke --publish .*\)  # as root.*/\1/p' <<<"$output")
  # shellcheck disable=SC2086
  run "$GA_BIN/ga-cert" --groups "$DIR/groups" $next
  [ "$status" -eq 3 ]
  [[ $output == *"group sea runs"* ]]
  run cert --groups "$DIR/groups" revoke --publish --group lab
  [ "$status" -eq 2 ]
  [[ $output == *"different authority"* ]]
  run cert --groups "$DIR/groups" revoke --publish --group lake
  [ "$status" -eq 2 ]
  run cert --groups "$DIR/none" revoke --publish
  [ "$status" -eq 3 ]
  [[ $output == *"no group of this machine has this authority"* ]]
}

@test "a server in a group that this machine does not have says so at once" {
  authority
  run timeout 20 "$GA_BIN/ga-cert" --dir "$LAB" --groups "$DIR/none" authority serve --group nowhere
  [ "$status" -eq 2 ]
  [[ $output == *'this machine has no group "nowhere"'* ]]
}

@test "a user who never asked for anything is not revoked by a slip" {
  authority
  signed eve
  run cert revoke --user evee --offline
  [ "$status" -eq 1 ]
  [[ $output == *'"evee"'* ]]
  [ ! -e "$LAB/revocations.list" ]
  cert revoke --user evee --force --offline
  [ -e "$LAB/revocations.list" ]
}

@test "who was revoked and asks again is told so, and gets no certificate" {
  authority
  waits bob
  cert accept "$(key_of "$DIR/bob.key")"
  cert submit "$DIR/bob.csr" | openssl x509 -noout
  cert revoke --user bob --offline
  run cert submit "$DIR/bob.csr"
  [ "$status" -eq 1 ]
  [[ $output == *"Denied: the user was revoked on 20"*" by lab"* ]]
}

@test "an authority is made in the directory that is named, with a slash behind it or without" {
  "$GA_BIN/ga-cert" --dir "$DIR/slashed/" authority init lab --no-passphrase
  [ -s "$DIR/slashed/ledger.jsonl" ]
  "$GA_BIN/ga-cert" --dir "$DIR/slashed" authority show --plain | grep -q "^directory	$DIR/slashed$"
}

@test "a list that a killed process left behind is made again from the ledger" {
  authority
  signed bob
  cert revoke "$DIR/bob.pem" --offline
  rm "$LAB/revocations.list" "$LAB/crl.pem"
  run cert verify "$DIR/bob.pem"
  [ "$status" -eq 1 ]
  cert crl | openssl crl -noout -text | grep -q "Serial Number"
  [ -s "$LAB/revocations.list" ]
}

@test "a passphrase protects the key: from a file or a descriptor, never from arguments" {
  (umask 077; echo "open sesame" >"$DIR/pass")
  cert authority init lab --passphrase-file "$DIR/pass"
  grep -q "ENCRYPTED" "$LAB/authority.key"
  openssl pkey -in "$LAB/authority.key" -passin "file:$DIR/pass" -noout
  request bob
  cert sign "$DIR/bob.csr" --passphrase-fd 5 5<<<"open sesame" | openssl x509 -noout
  (umask 077; echo wrong >"$DIR/wrong")
  run cert sign "$DIR/bob.csr" --passphrase-file "$DIR/wrong"
  [ "$status" -eq 4 ]
  [[ $output == *passphrase* ]]
  run setsid --wait "$GA_BIN/ga-cert" --dir "$LAB" sign "$DIR/bob.csr"
  [ "$status" -eq 2 ]
  [[ $output == *"--passphrase-file"* ]]
  # What needs no key asks for none.
  setsid --wait "$GA_BIN/ga-cert" --dir "$LAB" list --certificates </dev/null
  setsid --wait "$GA_BIN/ga-cert" --dir "$LAB" crl </dev/null | grep -q BEGIN
  chmod 644 "$DIR/pass"
  run cert sign "$DIR/bob.csr" --passphrase-file "$DIR/pass"
  [ "$status" -eq 5 ]
}

# at_terminal ANSWER... -- COMMAND...: types an answer at each colon that the command ends a prompt with
at_terminal() {
  timeout 60 python3 - "$@" <<'END'
import os, pty, sys
cut = sys.argv.index("--")
answers, command = sys.argv[1:cut], sys.argv[cut + 1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen = since = b""
while True:
    try:
        more = os.read(terminal, 1000)
    except OSError:
        break
    if not more:
        break
    seen, since = seen + more, since + more
    if since.endswith(b": ") and answers:
        os.write(terminal, answers.pop(0).encode())
        since = b""
print(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
}

@test "a passphrase that is typed is not shown, and a wrong repetition makes nothing" {
  init=("$GA_BIN/ga-cert" --dir "$LAB" authority init lab)
  run at_terminal $'one\n' $'two\n' -- "${init[@]}"
  [ "$status" -eq 1 ]
  [[ $output == *"the passphrases differ"* ]]
  [ ! -e "$LAB" ]
  run at_terminal $'secret-word\n' $'secret-word\n' -- "${init[@]}"
  [ "$status" -eq 0 ]
  [[ $output != *secret-word* ]]
  grep -q ENCRYPTED "$LAB/authority.key"
  request bob
  run at_terminal $'secret-word\n' -- "$GA_BIN/ga-cert" --dir "$LAB" sign "$DIR/bob.csr"
  [ "$status" -eq 0 ]
  [[ $output == *"BEGIN CERTIFICATE"* ]]
  # An interrupt at the prompt ends it.
  run at_terminal $'\x03' -- "$GA_BIN/ga-cert" --dir "$LAB" sign "$DIR/bob.csr"
  [ "$status" -eq 1 ]
  rm -r "$LAB"
  run at_terminal $'\n' -- "${init[@]}"
  [ "$status" -eq 0 ]
  [[ $output == *"has no passphrase"* ]]
}

@test "S11: one source fills no queue: its fifty-first request waits for nobody" {
  authority
  for i in $(seq 51); do cert request --key "$DIR/$i.key" --user "u$i" --out "$DIR/$i.csr" 2>/dev/null; done
  for i in $(seq 50); do cert submit "$DIR/$i.csr" --source 10.128.0.9 2>/dev/null; done
  run cert submit "$DIR/51.csr" --source 10.128.0.9
  [ "$status" -eq 1 ]
  [[ $output == *"too many requests from 10.128.0.9"* ]]
  cert submit "$DIR/51.csr" --source 10.128.0.7
  # What was said to stays said, and a decision makes room.
  cert submit "$DIR/50.csr" --source 10.128.0.9
  cert deny --reason no "$(openssl pkey -in "$DIR/1.key" -pubout -outform DER | sha256sum | cut -c1-16)"
  cert request --key "$DIR/52.key" --user u52 --out "$DIR/52.csr"
  cert submit "$DIR/52.csr" --source 10.128.0.9
}

@test "what is typed wrong is exit status 2 of accept and deny too, and a hint names the same authority" {
  authority
  # Neither a user nor the digits of a key.
  run cert accept $'z\tz'
  [ "$status" -eq 2 ]
  run cert deny $'z\tz' --reason no
  [ "$status" -eq 2 ]
  # A user who has no request is none that waits.
  run cert accept zz abcd
  [ "$status" -eq 1 ]
  request bob
  run cert sign "$DIR/bob.csr" --out "$DIR/none/bob.pem"
  [ "$status" -eq 7 ]
  hint=$(sed -n 's/^  next: \(.*\)  # it is signed$/\1/p' <<<"$output")
  (export PATH=$GA_BIN:$PATH; bash -c "$hint" | openssl x509 -noout)
  run cert authority init lab --no-passphrase
  hint=$(sed -n 's/^  next: //p' <<<"$output")
  (export PATH=$GA_BIN:$PATH; bash -c "$hint")
}

@test "S14: a key that others may read or own, or that is no regular file, is refused in one line" {
  authority
  request bob
  refused() {
    run cert sign "$DIR/bob.csr"
    [ "$status" -eq 5 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ ${lines[0]} == *"authority.key"* ]]
  }
  for mode in 640 604 620 602 660 666; do
    chmod "$mode" "$LAB/authority.key"
    refused
    [[ ${lines[0]} == *"chmod 600"* ]]
  done
  chmod 600 "$LAB/authority.key"
  mv "$LAB/authority.key" "$DIR/elsewhere"
  ln -s "$DIR/elsewhere" "$LAB/authority.key"
  refused
  rm "$LAB/authority.key"
  mkfifo "$LAB/authority.key"
  refused
  rm "$LAB/authority.key"
  cp "$DIR/elsewhere" "$LAB/authority.key"
  if [ "$(id -u)" -eq 0 ]; then
    chown 65534 "$LAB/authority.key"
    refused
    chown 0 "$LAB/authority.key"
  fi
  chmod 600 "$LAB/authority.key"
  cert sign "$DIR/bob.csr" | openssl x509 -noout
}

@test "S14: keys that are made are 0600 whatever the umask is, and appear in no output" {
  umask 000
  authority
  request bob
  for file in "$LAB/authority.key" "$LAB/ledger.jsonl" "$DIR/bob.key"; do [ "$(stat -c %a "$file")" = 600 ]; done
  [ "$(stat -c %a "$LAB")" = 700 ]
  signed bob
  secret=$(sed -n 2p "$LAB/authority.key" | cut -c1-40)
  for verb in list "list --certificates" "list --decisions" "authority show" crl; do
    # shellcheck disable=SC2086
    run cert $verb
    [[ $output != *"$secret"* ]]
  done
  run grep -rl "$secret" "$LAB"
  [ "$output" = "$LAB/authority.key" ]
}

@test "a key of another authority signs nothing" {
  authority
  request bob
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$LAB/authority.key"
  chmod 600 "$LAB/authority.key"
  run cert sign "$DIR/bob.csr"
  [ "$status" -eq 5 ]
  [[ $output == *"not the authority's"* ]]
}

@test "killed at every step of signing, the ledger is good and tells of every certificate" {
  # A tracer is needed to kill at a step and not at a moment; the leak check can't be traced itself.
  export ASAN_OPTIONS=detect_leaks=0
  strace -f -o "$DIR/trace" true 2>"$DIR/why" || skip "strace can't trace here: $(tail -n 1 "$DIR/why")"
  authority
  printf 'quota = 10000\n' >"$LAB/policy.toml"
  # Each kind of call that changes the disk or the lock: a run that is killed at its first one, at its second, and so
  # on, until a run comes to its end.
  runs=0
  for call in flock pwrite64 write fsync fchmod rename,renameat,renameat2 unlink,unlinkat; do
    step=0 status=137
    while [ "$status" -eq 137 ] && [ "$step" -lt 50 ]; do
      step=$((step + 1)) runs=$((runs + 1)) status=0
      cert request --key "$DIR/$runs.key" --user bob --out "$DIR/$runs.csr" 2>/dev/null
      strace -f -o "$DIR/trace" -e "trace=$call" -e "inject=$call:signal=KILL:when=$step" \
        "$GA_BIN/ga-cert" --dir "$LAB" sign "$DIR/$runs.csr" --out "$DIR/$runs.pem" 2>/dev/null || status=$?
    done
    [ "$status" -eq 0 ]
  done
  cert list --certificates --plain | cut -f1 >"$DIR/told"
  written=0
  for pem in "$DIR"/*.pem; do
    serial=$(serial_of "$pem")
    grep -q "^${serial:0:16}$" "$DIR/told"
    written=$((written + 1))
  done
  told=$(wc -l <"$DIR/told")
  echo "$runs runs, $told in the ledger, $written certificates"
  # At least two of each: ended before the ledger knew, before the certificate was there, and with both.
  [ $((runs - told)) -ge 2 ]
  [ $((told - written)) -ge 2 ]
  [ "$written" -ge 2 ]
  openssl verify -x509_strict -CAfile "$LAB/authority.pem" "$DIR/$runs.pem"
}

@test "many at once: every signature is in the ledger once" {
  authority
  printf 'quota = 10000\n' >"$LAB/policy.toml"
  for i in $(seq 12); do cert request --key "$DIR/$i.key" --user bob --out "$DIR/$i.csr" 2>/dev/null; done
  for i in $(seq 12); do cert sign "$DIR/$i.csr" --out "$DIR/$i.pem" 2>/dev/null & done
  wait
  [ "$(cert list --certificates --plain | wc -l)" -eq 12 ]
  [ "$(cert list --certificates --plain | cut -f1 | sort -u | wc -l)" -eq 12 ]
}

@test "a torn last line is set aside and reported, a changed line is refused with its number" {
  authority
  signed bob
  printf '{"at":17953' >>"$LAB/ledger.jsonl"
  run cert list --certificates
  [ "$status" -eq 0 ]
  [[ $output == *"was not finished"* ]]
  [ "$(cat "$LAB/ledger.torn")" = '{"at":17953' ]
  run cert list --decisions --plain
  [[ ${lines[2]} == *mended* ]]
  sed -i '2s/bob/eve/' "$LAB/ledger.jsonl"
  run cert list
  [ "$status" -eq 5 ]
  [[ $output == *"ledger.jsonl:2: "* ]]
}

@test "a full disk: nothing is signed, nothing is lost, and it is said" {
  [ "$(id -u)" -eq 0 ] || skip "needs root for a small file system"
  mkdir "$DIR/small"
  mount -t tmpfs -o size=256k,mode=700 tmpfs "$DIR/small" || skip "no mount here"
  FULL=$DIR/small
  LAB=$FULL/lab
  authority
  signed bob
  request carol
  dd if=/dev/zero of="$FULL/fill" bs=4k 2>/dev/null || true
  lines_before=$(wc -l <"$LAB/ledger.jsonl")
  # The page of the last line may take a few more; then it is over.
  code=0
  for i in 1 2 3 4 5 6; do
    run cert revoke --user "user$i" --force --offline
    code=$status
    [ "$code" -eq 0 ] || break
  done
  [ "$code" -ne 0 ]
  [[ $output == *"No space left"* ]]
  rm "$FULL/fill"
  run cert list --certificates
  [ "$status" -eq 0 ]
  (($(wc -l <"$LAB/ledger.jsonl") >= lines_before))
  cert sign "$DIR/carol.csr" >/dev/null
  cert verify "$DIR/bob.pem"
}

@test "an authority whose making fails leaves nothing behind" {
  [ "$(id -u)" -eq 0 ] || skip "needs root for a small file system"
  mkdir "$DIR/small"
  mount -t tmpfs -o size=8k,mode=700 tmpfs "$DIR/small" || skip "no mount here"
  FULL=$DIR/small
  LAB=$FULL/lab
  run cert authority init lab --no-passphrase
  [ "$status" -eq 1 ]
  [ -z "$(ls -A "$FULL")" ]
}

@test "requests that are odd or huge are refused in one line" {
  authority
  refused() {
    run cert sign "$1"
    [ "$status" -ne 0 ]
    [ "${#lines[@]}" -eq 1 ]
  }
  : >"$DIR/empty"
  refused "$DIR/empty"
  head -c 70000 /dev/urandom >"$DIR/noise"
  refused "$DIR/noise"
  head -c 3000 /dev/urandom >"$DIR/noise"
  refused "$DIR/noise"
  openssl req -new -newkey rsa:2048 -nodes -keyout "$DIR/r.key" -subj /CN=rsa -out "$DIR/r.csr" 2>/dev/null
  refused "$DIR/r.csr"
  request bob
  openssl req -new -key "$DIR/bob.key" -subj "/CN=bob" -addext "basicConstraints=CA:TRUE" -out "$DIR/ca.csr"
  refused "$DIR/ca.csr"
  openssl req -new -key "$DIR/bob.key" -subj "/O=none" -out "$DIR/nobody.csr"
  refused "$DIR/nobody.csr"
  names=$(printf 'DNS:%s.example.org,' {1..60})
  openssl req -new -key "$DIR/bob.key" -subj /CN=bob -addext "subjectAltName=${names%,}" -out "$DIR/many.csr"
  refused "$DIR/many.csr"
  cut -c1-40 "$DIR/bob.csr" >"$DIR/cut.csr"
  refused "$DIR/cut.csr"
  # One bit of the public key.
  openssl req -in "$DIR/bob.csr" -outform DER -out "$DIR/bob.der"
  cp "$DIR/bob.der" "$DIR/flipped"
  printf '\x41' | dd of="$DIR/flipped" bs=1 seek=60 conv=notrunc 2>/dev/null
  refused "$DIR/flipped"
  refused "$DIR/not-there"
  [ "$(cert list --certificates --plain | wc -l)" -eq 0 ]
}

@test "S16: hostile names are shown as text" {
  authority
  openssl ecparam -name prime256v1 -genkey -noout -out "$DIR/e.key"
  openssl req -new -utf8 -key "$DIR/e.key" -subj "/CN=$(printf 'eve\x1b[2J')" -out "$DIR/e.csr"
  for verb in "show $DIR/e.csr" "sign $DIR/e.csr"; do
    # shellcheck disable=SC2086
    run cert $verb
    [[ $output != *$'\x1b'* ]]
  done
  # A certificate of somebody else's, with an escape sequence for a name.
  openssl req -x509 -new -utf8 -key "$DIR/e.key" -subj "/CN=$(printf 'eve\x1b[2J')" -days 1 -out "$DIR/e.pem"
  for verb in "show $DIR/e.pem" "verify $DIR/e.pem"; do
    # shellcheck disable=SC2086
    run cert $verb
    [[ $output != *$'\x1b'* ]]
  done
  run cert show "$(printf '\x1b[2J')"
  [[ $output != *$'\x1b'* ]]
  run cert verify "$DIR/e.pem" --plain
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 1 ]
}

# The sanitizers of a test build want to be loaded first; they need not be.
with_clock() { ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 faketime -f "$@"; }

@test "S21: with a clock that is a year wrong, nothing is signed and the message speaks of the clock" {
  command -v faketime >/dev/null || skip "no faketime"
  authority
  signed bob
  run with_clock -400d "$GA_BIN/ga-cert" --dir "$LAB" sign "$DIR/bob.csr"
  [ "$status" -eq 1 ]
  [[ $output == *"clock of this machine says"* ]]
  run with_clock -400d "$GA_BIN/ga-cert" --dir "$LAB" verify "$DIR/bob.pem"
  [ "$status" -eq 1 ]
  [[ $output == *clock* ]]
  run with_clock +400d "$GA_BIN/ga-cert" --dir "$LAB" verify "$DIR/bob.pem"
  [ "$status" -eq 1 ]
  # Signed with a clock a year fast: the right clock is not believed without a word, and no other is shut out.
  with_clock +365d "$GA_BIN/ga-cert" --dir "$LAB" sign "$DIR/bob.csr" >/dev/null
  request carol
  run cert sign "$DIR/carol.csr"
  [ "$status" -eq 1 ]
  [[ $output == *"--trust-clock"* ]]
  cert verify "$DIR/bob.pem"
  cert sign "$DIR/carol.csr" --trust-clock | openssl x509 -noout
}

@test "export: PEM, DER, and PKCS #12 that openssl opens with the passphrase" {
  authority
  signed bob
  serial=$(serial_of "$DIR/bob.pem")
  cert export "${serial:0:8}" | cmp - "$DIR/bob.pem"
  cert export "$DIR/bob.pem" --format der | openssl x509 -inform DER -noout
  (umask 077; echo pass >"$DIR/pass")
  cert export "${serial:0:8}" --format p12 --key "$DIR/bob.key" --passphrase-file "$DIR/pass" --out "$DIR/bob.p12"
  [ "$(stat -c %a "$DIR/bob.p12")" = 600 ]
  openssl pkcs12 -in "$DIR/bob.p12" -passin pass:pass -nodes -out "$DIR/all.pem"
  [ "$(grep -c 'BEGIN CERTIFICATE' "$DIR/all.pem")" -eq 2 ]
  [ "$(openssl pkey -in "$DIR/all.pem" -pubout)" = "$(openssl pkey -in "$DIR/bob.key" -pubout)" ]
  run openssl pkcs12 -in "$DIR/bob.p12" -passin pass:wrong -nodes
  [ "$status" -ne 0 ]
  request carol
  run cert export "${serial:0:8}" --format p12 --key "$DIR/carol.key" --passphrase-file "$DIR/pass" --out "$DIR/x.p12"
  [ "$status" -eq 5 ]
  run cert export "$DIR/bob.pem" --format p12 --out "$DIR/x.p12"
  [ "$status" -eq 2 ]
  run cert export
  [ "$status" -eq 2 ]
}

@test "export --swanctl writes the parts where strongSwan looks for them, the key 0600" {
  authority
  "$GA_BIN/ga-group" --dir "$DIR/etc" new lab --no-start >/dev/null 2>&1
  mkdir -p "$DIR/states/lab"
  signed bob
  cp "$DIR/bob.key" "$DIR/states/lab/key.pem"
  cp "$DIR/bob.pem" "$DIR/states/lab/certificate.pem"
  export_it() {
    cert export --group lab --groups "$DIR/etc" --states "$DIR/states" --ca "$LAB/authority.pem" --swanctl "$DIR/swan" "$@"
  }
  run export_it --dry-run
  [ "$status" -eq 0 ]
  [ ! -e "$DIR/swan" ]
  export_it --color never
  [ "$(stat -c %a "$DIR/swan/private/ga-lab.pem")" = 600 ]
  openssl verify -CAfile "$DIR/swan/x509ca/ga-lab.pem" "$DIR/swan/x509/ga-lab.pem"
  grep -q 'remote_ts = 10.128.0.0/9' "$DIR/swan/conf.d/ga-lab.conf"
  run cert export "$DIR/bob.pem" --swanctl "$DIR/swan"
  [ "$status" -eq 2 ]
}

@test "a dry run changes nothing" {
  run cert authority init lab --dry-run
  [ "$status" -eq 0 ]
  [ ! -e "$LAB" ]
  authority
  signed bob
  before=$(find "$LAB" -type f -exec sha256sum {} + | sort)
  cert sign "$DIR/bob.csr" --dry-run
  cert renew "$DIR/bob.pem" --dry-run
  cert revoke "$DIR/bob.pem" --dry-run
  [ "$before" = "$(find "$LAB" -type f -exec sha256sum {} + | sort)" ]
  run cert request --key "$DIR/none.key" --user x --dry-run
  [ ! -e "$DIR/none.key" ]
}

@test "JSON has a schema, and plain output its columns" {
  authority
  signed bob
  [ "$(cert list --json | jq -r '.schema, (.requests | length)' | paste -sd' ')" = "ga-cert.list/1 0" ]
  [ "$(cert list --certificates --json | jq -r '.schema, .certificates[0].user, .certificates[0].state' | paste -sd' ')" = "ga-cert.certificates/1 bob live" ]
  [ "$(cert list --decisions --json | jq -r '.schema, .decisions[0].event' | paste -sd' ')" = "ga-cert.decisions/1 made" ]
  [ "$(cert verify "$DIR/bob.pem" --json | jq -r '.schema, .valid' | paste -sd' ')" = "ga-cert.verify/1 true" ]
  [ "$(cert show "$DIR/bob.pem" --json | jq -r '.schema, .user' | paste -sd' ')" = "ga-cert.certificate/1 bob" ]
  [ "$(cert authority show --json | jq -r .schema)" = ga-cert.authority/1 ]
  [ "$(cert sign "$DIR/bob.csr" --json 2>/dev/null | jq -r .certificate | openssl x509 -noout -subject -nameopt RFC2253)" = "subject=CN=bob,O=lab" ]
  [ "$(cert list --certificates --plain | head -1 | awk -F'\t' '{print NF, $2, $7}')" = "7 bob live" ]
  [ "$(cert verify "$DIR/bob.pem" --plain | head -1 | cut -f1,2)" = "valid	bob" ]
}

@test "without root: an authority in a directory of one's own" {
  [ "$(id -u)" -eq 0 ] || skip "nothing to give up"
  command -v setpriv >/dev/null || skip "no setpriv"
  home=$(mktemp -d)
  chown 65534:65534 "$home"
  as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
  as_nobody "$GA_BIN/ga-cert" --dir "$home/lab" authority init lab --no-passphrase >/dev/null 2>&1
  as_nobody "$GA_BIN/ga-cert" request --key "$home/k" --user bob --out "$home/r"
  as_nobody "$GA_BIN/ga-cert" --dir "$home/lab" sign "$home/r" | openssl x509 -noout
  authority
  run as_nobody "$GA_BIN/ga-cert" --dir "$LAB" list
  [ "$status" -eq 4 ]
  [[ $output =~ next:\ (sudo|su\ -c)\ .*list ]]
  rm -r "$home"
}

@test "what is used wrongly is exit status 2, and what is not there 1" {
  authority
  for arguments in "" "nothing" "sign" "list --certificates --decisions" "accept" "revoke" \
    "sign x --ip 10.128.0" "sign x --life 2y" "renew x --all" "verify" "export" "revoke --publish --user bob" \
    "show zz" "authority" "authority init Bad_Name" "request" "crl --color sometimes"; do
    # shellcheck disable=SC2086
    run cert $arguments
    [ "$status" -eq 2 ] || { echo "$arguments: $status: $output"; false; }
  done
  run cert show abcdef012345
  [ "$status" -eq 1 ]
  run cert accept abcdef012345
  [ "$status" -eq 1 ]
  run "$GA_BIN/ga-cert" --dir "$DIR/nowhere" list
  [ "$status" -eq 1 ]
  [[ $output == *"next: ga-group new NAME --closed"* ]]
  run cert authority init lab --no-passphrase
  [ "$status" -eq 1 ]
}

@test "the authority of a directory that was mixed up with another's is refused" {
  authority
  "$GA_BIN/ga-cert" --dir "$DIR/other" authority init other --no-passphrase >/dev/null 2>&1
  cp "$DIR/other/authority.pem" "$LAB/authority.pem"
  run cert list
  [ "$status" -eq 5 ]
  [[ $output == *"not the certificate that the ledger names"* ]]
}

@test "results that can't be written are no success" {
  authority
  signed bob
  run bash -c "'$GA_BIN/ga-cert' --dir '$LAB' list --certificates >/dev/full"
  [ "$status" -eq 1 ]
  run cert sign "$DIR/bob.csr" --out "$DIR/no/such/file"
  [ "$status" -eq 7 ]
  [[ $output == *"ga-cert export"* ]]
}

@test "completions are what the program prints, and every option stands in the man page" {
  for shell in bash:ga-cert.bash zsh:_ga-cert fish:ga-cert.fish; do
    diff <("$GA_BIN/ga-cert" --completion "${shell%%:*}") "$GA_SOURCE/completions/${shell#*:}"
  done
  bash -n "$GA_SOURCE/completions/ga-cert.bash"
  if command -v zsh >/dev/null; then zsh -n "$GA_SOURCE/completions/_ga-cert"; fi
  if command -v fish >/dev/null; then fish -n "$GA_SOURCE/completions/ga-cert.fish"; fi
  page=$(sed 's/\\-/-/g' "$GA_SOURCE/man/ga-cert.1")
  for verb in "" "authority init" "authority serve" request send join list show accept deny submit sign renew revoke crl \
    verify export; do
    # shellcheck disable=SC2086
    for option in $("$GA_BIN/ga-cert" $verb --help | grep -oE '^ +(-h,)?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
      [[ $page == *"$option"* ]] || { echo "man page lacks $option"; return 1; }
    done
  done
}

@test "show says why a request is bad, and of other files why they are neither" {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$DIR/eve.key" -subj /CN=eve \
    -addext basicConstraints=critical,CA:TRUE -out "$DIR/eve.csr" 2>/dev/null
  run "$GA_BIN/ga-cert" show "$DIR/eve.csr"
  [ "$status" -eq 5 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == "ga-cert: $DIR/eve.csr: bad request: "*CA:TRUE* ]]
  echo nothing >"$DIR/nothing"
  run "$GA_BIN/ga-cert" show "$DIR/nothing"
  [ "$status" -eq 5 ]
  [[ ${lines[0]} == *": bad request: not a DER certification request"* ]]
  [[ ${lines[1]} == *": bad certificate: "* ]]
}

@test "what is shown on a terminal fits 40, 80 and 120 columns, and many rows are counted" {
  authority
  for i in {1..30}; do request "user-$i-of-a-department@some.example.org"; done
  for file in "$DIR"/*.csr; do cert submit "$file" 2>/dev/null; done
  key=$(cert list --plain | head -n 1 | cut -f 1)
  cert accept "$key"
  for columns in 40 80 120; do
    # A word that somebody copies stays whole, however long it is.
    for what in list "list --decisions" "list --certificates" "show $key" "authority show"; do
      script -qec "stty cols $columns; '$GA_BIN/ga-cert' --color never --dir '$LAB' $what 2>/dev/null" /dev/null \
        </dev/null | tr -d '\r' | grep -vE '^[a-z_]+ +[^ ]+$' >"$DIR/shown"
      [ -s "$DIR/shown" ]
      [ "$(LC_ALL=C.UTF-8 wc -L <"$DIR/shown")" -le "$columns" ] || { echo "$columns $what"; cat "$DIR/shown"; false; }
    done
  done
  [[ $(cert list) == *$'\n29 requests' ]]
  # A time is not cut before a name.
  script -qec "stty cols 80; '$GA_BIN/ga-cert' --color never --dir '$LAB' list --decisions" /dev/null </dev/null |
    grep -qE '^[0-9-]+T[0-9:]+Z  requested'
}
