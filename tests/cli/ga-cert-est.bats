#!/usr/bin/env bats
# Enrolment over the network (RFC 7030): the server on loopback, asked by curl and openssl, and by hostile clients.
# shellcheck disable=SC2030,SC2031  # every test has its own list of processes

load est

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

@test "S21: a certificate whose time is over renews nothing, and the refusal speaks of clocks" {
  start_server
  make_request bob
  base64 -d "$DIR/bob.b64" | openssl req -inform DER -out "$DIR/bob.csr"
  : >"$DIR/index"
  printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s/index\nnew_certs_dir=%s\npolicy=p\ndefault_md=sha256\nrand_serial=yes\n' \
    "$DIR" "$DIR" >"$DIR/ca.cnf"
  printf '[p]\ncommonName=supplied\n[e]\nextendedKeyUsage=serverAuth,clientAuth\nkeyUsage=critical,digitalSignature\n' \
    >>"$DIR/ca.cnf"
  openssl ca -batch -notext -config "$DIR/ca.cnf" -extensions e -cert "$DIR/authority/authority.pem" \
    -keyfile "$DIR/authority/authority.key" -startdate 20250101000000Z -enddate 20250201000000Z \
    -in "$DIR/bob.csr" -out "$DIR/old.pem"
  [ "$(renew bob --cert "$DIR/old.pem" --key "$DIR/bob.key")" = 403 ]
  grep -q clock "$DIR/body"
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
  [[ $output == *"denied by the authority "*": who is calling?"* ]]
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
  [ "$(fetch /.well-known/est/simpleenroll --data-binary "@$DIR/bob.b64" --interface 127.0.0.2)" = 415 ]
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
  head -c 5000 /dev/urandom | timeout 120 socat - "TCP:$PLACE" >/dev/null || true
  printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' | timeout 120 socat - "TCP:$PLACE" >/dev/null || true
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
  within test "$(fetch /.well-known/est/cacerts --interface 127.0.0.9 --retry 40 --retry-all-errors --retry-delay 1)" = 200
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
            tls.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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
  # On a machine that is slow the bucket gains one meanwhile, every six seconds.
  refused=
  for _ in {1..30}; do
    [ "$(enrol bob --interface 127.0.0.7)" = 429 ] || continue
    refused=yes
    break
  done
  [ -n "$refused" ]
  grep -qiE '^retry-after: [1-6]\b' "$DIR/headers"
  [ "$(enrol bob --interface 127.0.0.8)" = 202 ]
  [ "$(waiting)" -eq 1 ]
}

@test "S16: foreign text in the server's log is one line, and escaped" {
  start_server
  fetch $'/\e[2Jx' || true
  printf 'GET /%%0aowned HTTP/1.1\r\nHost: x\r\n\r\n' | timeout 120 socat - "OPENSSL:$PLACE,verify=0" || true
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
