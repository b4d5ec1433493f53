#!/usr/bin/env bash
# A lease server that is a member behind a NAT, in a closed group: members behind other NATs find it by its name and ask
# it over the overlay, before they have an address. It is killed; a member is revoked.
#
#   relay (public)   desk (ipop-dhcp), alice, bob, mallory: behind NATs of their own
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
for program in ga-cert ga-group ipop-dhcp; do [[ -x $bin/$program ]] || skip "no $program in $bin"; done

cert() { "$bin/ga-cert" --dir "$run/authority" --groups "$run/groups" "$@"; }
enrol() { # HOST: a key and a certificate where its node looks for them
  mkdir -p "$run/$1/state"
  cert request --key "$run/$1/state/key.pem" --user "$1" --out "$run/$1/request.pem" >/dev/null 2>&1 &&
    cert sign "$run/$1/request.pem" --out "$run/$1/state/certificate.pem" >/dev/null 2>&1
}
dhcp() { "$bin/ipop-dhcp" --directory "$run/book" --groups "$run/groups" --states "$run/states" "$@"; }
serving=
serve() {
  : >"$run/desk/dhcp.log"
  (exec ip netns exec "$internet-desk" "$bin/ipop-dhcp" --directory "$run/book" --groups "$run/groups" \
    --states "$run/states" serve --listen 127.0.0.1:8067) >>"$run/desk/dhcp.log" 2>&1 </dev/null &
  serving=$!
  disown
  within 10 "the server listens, on loopback only" grep -q listening "$run/desk/dhcp.log"
}
of() { ctl "$1" status --json | jq -r "$2"; } # HOST FIELD
in_pool() { [[ $(of "$1" .address) == 10.128.1.* ]]; }
says() { ctl "$1" status | grep -qF "$2"; }
state_of() { dhcp show "$1" --json | jq -r '.leases[0].state'; }
book_says() { [[ $(state_of "$1") == "$2" ]]; }
trap '[[ -z $serving ]] || kill "$serving" 2>/dev/null; clean_up' EXIT

make_internet
make_server relay
make_site office 192.168.1 restricted
make_site home 192.168.2 cone
make_site lab 192.168.3 symmetric
make_site dorm 192.168.4 restricted
make_host desk office
make_host alice home
make_host bob lab
make_host mallory dorm

# --- a closed group, and its server -------------------------------------------------------------------------
mkdir "$run/groups" "$run/states"
holds "an authority" cert authority init demo --no-passphrase
make_group relay
printf 'authority = """\n%s\n"""\n' "$(<"$run/authority/authority.pem")" >>"$run/group.toml"
for host in relay desk alice bob mallory; do holds "a certificate for $host" enrol "$host"; done
cp "$run/group.toml" "$run/groups/demo.toml"
ln -s "$run/desk/state" "$run/states/demo"
holds "the server has a plan" dhcp config --group demo --range 10.128.1.10-10.128.1.99 --lease-time 60s
key=$(dhcp config --json | jq -r .key)
holds "the group's file says who gives out addresses" "$bin/ga-group" --dir "$run/groups" addresses demo \
  --server desk --key "$key" --pool 10.128.1.10-10.128.1.99
cp "$run/groups/demo.toml" "$run/group.toml"

# --- members that come before it ----------------------------------------------------------------------------
start_node relay --no-tap
for host in alice bob mallory; do start_node "$host" --tap tap0 --hostname "$host"; done
within 30 "alice's status says that no member has the server's name" says alice 'no member has the name desk'
is "and she has no address" null "$(of alice .address)"
serve
start_node desk --tap tap0 --hostname desk
within 30 "the server's own node has an address of its pool" in_pool desk
for host in alice bob mallory; do
  within 70 "$host has an address of the pool, from a server behind a NAT" in_pool "$host"
  start_client "$host"
done
start_client desk
within 20 "alice pings bob" pings alice bob 1
within 20 "bob pings the server's machine" pings bob desk 1
within 20 "alice pings mallory" pings alice mallory 1
is "the book names user and name" "alice alice" \
  "$(dhcp show "$(of alice .address)" --json | jq -r '.leases[0] | .user + " " + .name')"
holds "nobody reaches the server itself but its own node" bash -c \
  "! ip netns exec '$internet-bob' curl -sS --max-time 3 http://$(virtual_address desk):8067/"

# --- it is killed -------------------------------------------------------------------------------------------
bob=$(of bob .address)
kill -9 "$serving"
within 60 "bob's status says what the server's node told him" says bob 'the member desk says:'
is "he keeps his address" "$bob" "$(of bob .address)"
has_none() { [[ $(of "$1" .address) == null ]]; }
within 90 "to the end of his lease, and then he has none" has_none bob
serve
again() { [[ $(of bob .address) == "$bob" ]]; }
within 90 "the server is back: so is his address" again
for host in alice mallory; do within 90 "$host has one as well" in_pool "$host"; done

# --- S10: a member is revoked -------------------------------------------------------------------------------
mallory=$(of mallory .address)
known() { ctl bob why "$mallory" --json | jq -e --arg id "$(of mallory .id)" '.id == $id'; }
within 20 "S10: the ring knows who has mallory's address" known
holds "S10: the authority revokes mallory" cert --socket "$run/relay/socket" revoke --user mallory --reason left
within 10 "S10: her lease has ended in the book" book_says "$mallory" released
holds "S10: and the server says so" grep -q 'leases of revoked members ended' "$run/desk/dhcp.log"
is "S10: bob's lease lives" live "$(state_of "$bob")"
unknown() { ctl bob why "$mallory" >"$run/why" 2>&1; grep -q 'no member holds' "$run/why"; }
within 10 "S10: nobody has her address in the ring" unknown
is_alone() { [[ $(of mallory .links) == 0 ]]; }
within 10 "S10: she has no link" is_alone
finish
