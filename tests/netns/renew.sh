#!/usr/bin/env bash
# S10: a member's certificate is renewed by the authority's server on the closed group's own virtual network, which is
# found in its hash table; the node goes on as the same process, with the same address, at another place of the ring.
# When it is time, the node does that with nobody's help; while it can't, its status and log say so.
#
#   relay (public, member)   alice (authority, member), bob and carol (members): behind NATs of their own
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
[[ -x $bin/ga-cert ]] || skip "no ga-cert in $bin"

cert() { in_host alice "$bin/ga-cert" --dir "$run/authority" --groups "$run/etc" "$@"; }
enrol() { # HOST LIFE
  mkdir -p "$run/$1/state"
  cert request --key "$run/$1/state/key.pem" --user "$1" --out "$run/$1/request.pem" >/dev/null 2>&1 &&
    cert sign "$run/$1/request.pem" --life "$2" --out "$run/$1/state/certificate.pem" >/dev/null 2>&1
}
renews() { # OPTION...: bob's machine
  in_host bob "$bin/ga-cert" --groups "$run/etc" --socket "$run/bob/socket" renew --group lab \
    --state-dir "$run/bob/state" "$@"
}
of() { ctl "$1" status --json | jq -r "$2"; } # HOST FIELD
serial() { openssl x509 -in "$run/bob/state/certificate.pem" -noout -serial; }
has() { grep -q "$1" "$2"; }

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_host alice home
make_host bob lab
make_host carol lab

mkdir "$run/etc"
holds "an authority" cert authority init lab --no-passphrase
make_group relay
sed -i 's/^name = .*/name = "lab"/' "$run/group.toml"
printf 'authority = """\n%s\n"""\n' "$(<"$run/authority/authority.pem")" >>"$run/group.toml"
cp "$run/group.toml" "$run/etc/lab.toml"
holds "a certificate for the relay" enrol relay 90d
holds "a certificate for alice" enrol alice 90d
holds "a certificate for an hour for bob" enrol bob 1h
start_node relay --no-tap
for host in alice bob; do start_node "$host" --tap tap0 --hostname "$host"; done
for host in alice bob; do
  within 40 "$host holds a lease" ctl "$host" wait lease --timeout 2s
  start_client "$host"
done
serve() {
  in_host alice "$bin/ga-cert" --dir "$run/authority" --groups "$run/etc" --socket "$run/alice/socket" \
    authority serve >"$run/alice/serve.log" 2>&1 </dev/null &
  disown
}
stop_serving() {
  local pid
  for pid in $(ip netns pids "$internet-alice"); do
    [[ $(readlink "/proc/$pid/exe") == "$bin/ga-cert" ]] || continue
    kill "$pid"
    while [[ -e /proc/$pid ]]; do sleep 0.05; done
  done
}
serve
within 20 "the authority is announced in the closed group" has announced "$run/alice/serve.log"

before=$(serial) address=$(of bob .address) id=$(of bob .id) ends=$(of bob .certificate_expires) process=$(node_process bob)
holds "S10: a certificate that is not due stays" renews --if-due
is "S10: it is the same" "$before" "$(serial)"
in_host alice ping -i 0.2 -w 60 "$(virtual_address bob)" >"$run/pings" 2>&1 &
disown
within 10 "S10: pings run meanwhile" grep -q 'bytes from' "$run/pings"
output=$(renews 2>"$run/bob/renew.log")
is "S10: a renewal ends well" 0 $?
sed 's/^/# /' "$run/bob/renew.log"
holds "S10: and says until when" grep -q '^renewed in lab, until ' <<<"$output"
holds "S10: the certificate is another one" test "$before" != "$(serial)"
holds "S10: which ends later" test "$(of bob .certificate_expires)" -gt "$ends"
is "S10: bob's node is the same process" "$process" "$(node_process bob)"
holds "S10: at another place of the ring" test "$id" != "$(of bob .id)"
is "S10: its address stays" "$address" "$(of bob .address)"
# Alice only sends. Bob's node is at its new place by now, and finds nobody to talk to by itself.
seen=$(grep -c 'bytes from' "$run/pings")
answered_again() { (($(grep -c 'bytes from' "$run/pings") > seen + 5)); }
within 30 "S10: the stream of pings goes on, though alice only sends" answered_again
gap() { # pings in a row without an answer, at most
  sed -n 's/.*icmp_seq=\([0-9]*\).*/\1/p' "$run/pings" |
    awk '$1 - last - 1 > most { most = $1 - last - 1 } { last = $1 } END { print most + 0 }'
}
echo "# pings in a row without an answer: $(gap), of five a second"
holds "S10: it stood still for less than 10 s" test "$(gap)" -lt 50

# --- S10: a member who is revoked renews nothing -----------------------------------------------------------------
holds "S10: the authority revokes bob" cert --socket "$run/alice/socket" revoke --user bob --reason "left"
before=$(serial)
output=$(renews --server "$(virtual_address alice):8443" 2>&1)
holds "S10: a renewal fails" test $? -ne 0
is "S10: the certificate stays as it is" "$before" "$(serial)"

# --- S10: nobody does anything ------------------------------------------------------------------------------------
# 55 minutes of carol's hour are over when her node starts, and the authority's server does not run.
command -v faketime >/dev/null || skip "no faketime on this machine"
an_hour_nearly_over() {
  mkdir -p "$run/carol/state"
  cert request --key "$run/carol/state/key.pem" --user carol --out "$run/carol/request.pem" >/dev/null 2>&1 &&
    ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 in_host alice faketime '55 minutes ago' "$bin/ga-cert" \
      --dir "$run/authority" --trust-clock sign "$run/carol/request.pem" --life 1h \
      --out "$run/carol/state/certificate.pem"
}
stop_serving
holds "a certificate that ends in five minutes for carol" an_hour_nearly_over
ends=$(date -d "$(openssl x509 -in "$run/carol/state/certificate.pem" -noout -enddate | cut -d= -f2)" +%s)
start_node carol --tap tap0 --hostname carol
within 40 "carol holds a lease" ctl carol wait lease --timeout 2s
start_client carol
address=$(of carol .address) process=$(node_process carol)
says_why() { ctl carol status | grep -q 'due for renewal, and the last attempt failed: '; }
within 40 "S10: her node asks by itself, and its status says what came of it" says_why
ctl carol status | grep 'due for renewal' | sed 's/^/# /'
holds "S10: so does its log" grep -q 'the certificate was not renewed reason=' "$run/carol/node.log"
serve
renewed() { (($(of carol .certificate_expires) > ends)); }
within 60 "S10: once the authority answers, the certificate is renewed, and nobody did anything" renewed
keeps_address() { [[ $(of carol .address) == "$address" ]]; }
within 20 "S10: her address is the same" keeps_address
is "S10: and so is the process" "$process" "$(node_process carol)"
is "S10: nothing is wrong any more" 0 "$(of carol '.notices | length')"
finish
