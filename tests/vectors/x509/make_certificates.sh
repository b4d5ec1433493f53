#!/usr/bin/env bash
# Writes *.pem: certificates and requests that our own code does not make, by openssl(1). Run it in
# this folder. Keys and signatures differ each time; the keys guard nothing.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
new_key() { openssl ecparam -name "${2:-prime256v1}" -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }
plain() { openssl x509 -outform PEM; }

# The authority of the good and of most of the bad.
new_key authority_key.pem
openssl req -x509 -new -key authority_key.pem -days 7000 -subj "/CN=Test authority" -set_serial 0x1020304050607080 \
  -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" >"$work/ca.pem" 2>/dev/null
plain <"$work/ca.pem" >authority.pem
# Another one of the same name.
new_key "$work/twin.key"
openssl req -x509 -new -key "$work/twin.key" -days 7000 -subj "/CN=Test authority" >"$work/twin.pem" 2>/dev/null

new_key member_key.pem
# leaf NAME SERIAL EXTENSIONS [SUBJECT [AUTHORITY KEY]]: a certificate for the member's key.
leaf() {
  openssl req -new -key member_key.pem -subj "${4:-/CN=bob}" -out "$work/leaf.csr"
  printf '%b' "$3" >"$work/leaf.ext"
  openssl x509 -req -in "$work/leaf.csr" -CA "${5:-authority.pem}" -CAkey "${6:-authority_key.pem}" \
    -set_serial "$2" -days 6000 -sha256 -extfile "$work/leaf.ext" 2>/dev/null | plain >"$1.pem"
}
constraints='basicConstraints=critical,CA:FALSE\n'
usage='keyUsage=critical,digitalSignature\n'
roles='extendedKeyUsage=serverAuth,clientAuth\n'
good="$constraints$usage$roles"
serial=0x1112131415161718

leaf member "$serial" "$good"
leaf no_roles "$serial" "$constraints$usage"
leaf client_only "$serial" "$constraints${usage}extendedKeyUsage=clientAuth\n"
leaf no_signature "$serial" "${constraints}keyUsage=critical,keyAgreement\n$roles"
leaf sub_authority "$serial" 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature,keyCertSign\n'"$roles"
leaf short_serial 0x11121314151617 "$good"
leaf twin "$serial" "${good}authorityKeyIdentifier=none\n" /CN=bob "$work/twin.pem" "$work/twin.key"
leaf under_member "$serial" "$good" /CN=carol sub_authority.pem member_key.pem
# Huge or odd.
leaf odd_serial_21 0x112233445566778899aabbccddeeff001122334455 "$good"
leaf odd_serial_negative -1234567890123456789 "$good"
leaf odd_serial_zero 0 "$good"
leaf odd_two_names "$serial" "$good" /CN=bob/CN=alice
leaf odd_many_parts "$serial" "$good" "/CN=bob$(printf '/OU=%s' {1..16})"
leaf odd_critical "$serial" "${good}1.2.3.4=critical,ASN1:NULL\n"
leaf odd_constraints "$serial" "basicConstraints=DER:04:00\n$usage$roles"
leaf odd_address "$serial" "${good}subjectAltName=DER:30:05:87:03:01:02:03\n"
leaf odd_nine_names "$serial" "${good}subjectAltName=$(printf 'IP:10.0.0.%s,' {1..8})IP:10.0.0.9\n"
leaf odd_extensions "$serial" "$good$(printf '1.2.3.%s=ASN1:NULL\\n' {1..14})"
leaf odd_large "$serial" "${good}nsComment=$(printf 'x%.0s' {1..4000})\n"
leaf other_names "$serial" "${good}subjectAltName=email:bob@example.org,IP:2001:db8::1,IP:10.128.0.9,DNS:bob.example.org\n"

# request NAME [openssl req's arguments]: a request for the member's key.
request() {
  local name=$1
  shift
  openssl req -new -key member_key.pem -subj /CN=bob "$@" -out "request_$name.pem"
}
request plain
request wishes -addext "subjectAltName=IP:10.128.0.9,DNS:bob.example.org,email:bob@example.org" \
  -addext "extendedKeyUsage=serverAuth,clientAuth" -addext "keyUsage=digitalSignature" -addext "1.2.3.4=ASN1:NULL"
request authority -addext "basicConstraints=CA:TRUE"
request certificate_signer -addext "keyUsage=digitalSignature,keyCertSign"
request list_signer -addext "keyUsage=cRLSign"
request code_signer -addext "extendedKeyUsage=serverAuth,codeSigning"
request any_purpose -addext "extendedKeyUsage=anyExtendedKeyUsage"
request name_constraints -addext "nameConstraints=permitted;DNS:example.org"
request broken_constraints -addext "basicConstraints=DER:04:00"
request nine_names -addext "subjectAltName=$(printf 'IP:10.0.0.%s,' {1..8})IP:10.0.0.9"
request weak -sha1
request large -addext "nsComment=$(printf 'x%.0s' {1..16384})"
request empty -subj /
new_key "$work/p384.key" secp384r1
openssl req -new -key "$work/p384.key" -subj /CN=bob -out request_p384.pem
openssl req -new -newkey rsa:2048 -nodes -keyout "$work/rsa.key" -subj /CN=bob -out request_rsa.pem 2>/dev/null

# The member's key under the passphrase "correct horse", in the forms that people have.
openssl pkcs8 -topk8 -in member_key.pem -passout "pass:correct horse" -out member_key_pbkdf2.pem
openssl ec -in member_key.pem -aes128 -passout "pass:correct horse" -out member_key_old.pem 2>/dev/null

# docs/wire/revocation.md's vector: two keys and two users, signed by the authority.
authority=$(openssl pkey -in authority_key.pem -pubout -outform DER | sha256sum | cut -d ' ' -f 1)
key_one=$(printf '%02x' {0..31}) key_two=$(printf 'ff%.0s' {1..32})
alice=$(printf alice | xxd -p) bob=$(printf bob | xxd -p)
body=01$authority$(printf '%016x%016x' 7 1767225600)00000002$key_one${key_two}0000000205${alice}03$bob
{ printf 'grid-appliance revocation list\n'; xxd -r -p <<<"$body"; } >"$work/signed"
openssl dgst -sha256 -sign authority_key.pem -out "$work/signature" "$work/signed"
numbers=$(openssl asn1parse -inform DER -in "$work/signature" | sed -nE 's/.*INTEGER +:([0-9A-F]+)$/\1/p')
{
  echo '# docs/wire/revocation.md, signed by openssl(1) with x509/authority_key.pem; written by x509/make_certificates.sh'
  fold -w 64 <<<"$body"
  while read -r number; do printf '%64s\n' "$number"; done <<<"$numbers" | tr ' A-F' '0a-f'
} >../revocation_list.hex

# What a thief of the member's certificate has: his own scalar beside the member's public point.
new_key "$work/thief.key"
openssl pkcs8 -topk8 -nocrypt -in "$work/thief.key" -outform DER -out "$work/thief.der"
openssl pkcs8 -topk8 -nocrypt -in member_key.pem -outform DER -out "$work/member.der"
{
  echo '-----BEGIN PRIVATE KEY-----'
  { head -c -65 "$work/thief.der" && tail -c 65 "$work/member.der"; } | base64 -w 64
  echo '-----END PRIVATE KEY-----'
} >thief_key.pem
