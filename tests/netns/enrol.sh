#!/usr/bin/env bash
# Bob finds Alice's authority in the open group's hash table, enrols over the open group's virtual network, and his
# node goes on in the closed group.
#
#   alice (authority) -- [home: cone] -- internet -- [lab: cone] -- bob
#                                           |
#                                         relay (bootstrap node of both groups)
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
[[ -x $bin/ga-cert ]] || skip "no ga-cert in $bin"

closed_port=4701
alice() { in_host alice "$bin/ga-cert" --dir "$run/alice/authority" --groups "$run/alice/groups" "$@"; }
bob() {
  in_host bob "$bin/ga-cert" --groups "$run/bob/groups" --socket "$run/bob/socket" join --state-dir "$run/bob/state" \
    --user bob "$@"
}
of_bob() { ctl bob status --json | jq -r "$1"; }
waiting_is() { [[ $(alice list --plain | wc -l) == "$1" ]]; }
has() { grep -q "$1" "$2"; }

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_host alice home
make_host bob lab
make_group relay
start_node relay --no-tap
bring_up alice
mkdir -p "$run/bob/groups" "$run/alice/groups" "$run/relay/closed"
# Bob's machine has a file of its own, which the join replaces.
sed 's/^name = .*/name = "lab-enrol"/' "$run/group.toml" >"$run/bob/groups/lab-enrol.toml"
in_host bob "$bin/ipop-node" --group "$run/bob/groups/lab-enrol.toml" --state-dir "$run/bob/state" \
  --socket "$run/bob/socket" --port "$overlay_port" --tap tap0 --hostname bob >>"$run/bob/node.log" 2>&1 </dev/null &
disown
within 30 "bob holds a lease in the open group" ctl bob wait lease --timeout 2s
start_client bob

holds "alice makes an authority" alice authority init lab --no-passphrase
fingerprint=$(openssl x509 -in "$run/alice/authority/authority.pem" -outform DER | sha256sum | cut -c 1-64)
cat >"$run/alice/groups/lab.toml" <<GROUP
name = "lab"
namespace = "closed-$internet"
prefix = "10.0.0.0/9"
bootstrap = ["${public_of[relay]}:$closed_port"]
authority = """
$(cat "$run/alice/authority/authority.pem")
"""
GROUP
# The relay is a member of the closed group too.
alice request --key "$run/relay/closed/key.pem" --user relay --out "$run/relay/request.pem" 2>/dev/null
holds "the relay's request is signed by hand" alice sign "$run/relay/request.pem" --out "$run/relay/closed/certificate.pem"
in_host relay "$bin/ipop-node" --group "$run/alice/groups/lab.toml" --state-dir "$run/relay/closed" \
  --socket "$run/relay/closed.sock" --port "$closed_port" --no-tap >>"$run/relay/closed.log" 2>&1 </dev/null &
disown

in_host alice "$bin/ga-cert" --dir "$run/alice/authority" --groups "$run/alice/groups" --socket "$run/alice/socket" \
  authority serve >"$run/alice/serve.log" 2>&1 </dev/null &
disown
within 20 "the authority listens on its virtual address" has "listening.*$(virtual_address alice):8443" \
  "$run/alice/serve.log"
within 20 "the authority is announced in the open group" has announced "$run/alice/serve.log"
is "it listens nowhere else" "$(virtual_address alice):8443" \
  "$(in_host alice ss -Hltn 'sport = :8443' | awk '{ print $4 }')"

output=$(bob --fingerprint "${fingerprint//[0-7]/8}" 2>&1)
is "another fingerprint finds nobody" 1 $?
holds "and says so" grep -q 'no authority with this fingerprint' <<<"$output"
is "nothing was sent" 0 "$(alice list --plain | wc -l)"

bob --fingerprint "$fingerprint" >"$run/bob/join.out" 2>"$run/bob/join.log" </dev/null &
joining=$!
within 30 "the request arrives without an address of the server" waiting_is 1
is "its source is bob's virtual address" "$(virtual_address bob)" "$(alice list --plain | cut -f 4)"
before=$(of_bob .address) process=$(node_process bob)
holds "alice accepts bob's key" alice accept \
  "$(openssl pkey -in "$run/bob/state/key.pem" -pubout -outform DER | sha256sum | cut -c 1-16)"
status=0
wait "$joining" || status=$?
is "the join ends well" 0 "$status"
((status == 0)) || sed 's/^/# /' "$run/bob/join.log"
holds "bob has a certificate of the authority" openssl verify -CAfile "$run/alice/authority/authority.pem" \
  "$run/bob/state/certificate.pem"
is "bob's node is in the closed group's namespace" "closed-$internet" "$(of_bob .namespace)"
holds "the open group's file is kept" grep -q "^namespace = \"demo-$internet\"" "$run/bob/groups/lab-enrol.toml.open"
is "bob's node is the same process" "$process" "$(node_process bob)"
after=$(of_bob .address)
holds "bob has an address in the closed group" grep -qE '^10\.([0-9]|[1-9][0-9]|1[01][0-9]|12[0-7])\.' <<<"$after"
holds "it is another address than before" test "$before" != "$after"
is "the join told which" "joined lab as $after, called lab-enrol on this machine" "$(cat "$run/bob/join.out")"
within 20 "bob has a link to the relay in the closed group" bash -c \
  "[[ \$('$bin/ipop-ctl' --socket '$run/bob/socket' status --json | jq .links) -ge 1 ]]"
finish
