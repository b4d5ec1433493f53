#!/usr/bin/env bash
# A group whose addresses a server gives out: two members behind NATs, the server killed and back, a member that goes
# over from the ring's addresses to the server's and keeps its own, and the way back.
#
#   alice -- [home: cone] -- internet -- [lab: symmetric] -- bob
#                               |
#                       relay (ipop-dhcp)
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
# shellcheck source=../../demo/plain_machines.sh
source "$(dirname "$0")/../../demo/plain_machines.sh"
[[ -x $bin/ipop-dhcp ]] || skip "no ipop-dhcp in $bin"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 symmetric
make_host alice home
make_host bob lab
for host in relay alice bob; do make_machine "$host" plain; done
for host in relay alice bob; do within 5 "$host is a machine of its own" on "$host" true; done
((failures == 0)) || finish

port=25000 desk=${public_of[relay]}:8067
lease_of() { on "$1" ipop-ctl --group lab status --json | jq -r .address; }
node_of() { on "$1" ipop-ctl --group lab status --json | jq -r .id; }
start() { # HOST [OPTIONS]: its node
  # shellcheck disable=SC2016
  on "$1" sh -c 'ipop-node --group lab "$@" >/run/node.log 2>&1 </dev/null & echo $! >/run/node.pid' node "${@:2}"
}
stop() { on "$1" ipop-ctl --group lab stop; }
serve() {
  # shellcheck disable=SC2016
  on relay sh -c 'ipop-dhcp serve --listen "$1" >/run/dhcp.log 2>&1 </dev/null & echo $! >/run/dhcp.pid' serve "$desk"
  within 10 "the server listens" on relay grep -q listening /run/dhcp.log
}

# --- from the ring's addresses ------------------------------------------------------------------------------
on relay ga-group new lab --port $port --bootstrap "${public_of[relay]}:$port" --no-start >"$run/token" 2>"$run/talk"
is "the group is made" 0 $?
start relay --no-tap
on alice ga-group join "$(<"$run/token")" --no-start 2>>"$run/talk"
start alice --configure
within 30 "alice has an address of the ring" on alice ipop-ctl --group lab wait lease --timeout 1s
before=$(lease_of alice)

# --- to the server's ----------------------------------------------------------------------------------------
on relay ipop-dhcp config --group lab --range 10.128.1.10-10.128.1.99 --lease-time 60s --json >"$run/plan"
is "the server has a plan" 0 $?
holds "alice keeps her address by a reservation" on relay ipop-dhcp reserve "$before" --node "$(node_of alice)"
serve
for host in relay alice; do
  on "$host" sh -c 'cat >>/etc/ipop/lab.toml' <<END
addresses = "dhcp"
dhcp_server = "http://$desk/"
dhcp_key = "$(jq -r .key "$run/plan")"
dhcp_pool = ["10.128.1.10-10.128.1.99", "$before"]
dhcp_fallback = "ring"
END
done
holds "relay's node reads it" on relay ipop-ctl --group lab reload
holds "alice's node reads it" on alice ipop-ctl --group lab reload
leased() { [[ $(on relay ipop-dhcp show "$2" --plain | cut -f 1) == "$1" ]]; }
within 30 "the server gave alice her address" leased "$before" "$(node_of alice)"
within 30 "she holds it again" on alice ipop-ctl --group lab wait lease --timeout 1s
is "and it is the one that she had" "$before" "$(lease_of alice)"

on alice ga-group token lab >"$run/token" 2>"$run/talk"
on bob ga-group join "$(<"$run/token")" --no-start 2>>"$run/talk"
holds "the token says where addresses come from" on bob grep -q "http://$desk/" /etc/ipop/lab.toml
start bob --configure --hostname bob
in_pool() { [[ $(lease_of bob) == 10.128.1.* ]]; }
within 30 "bob has an address of the server's" in_pool
bob=$(lease_of bob)
within 30 "alice reaches bob" on alice ping -q -n -c 1 -w 2 "$bob"
within 30 "bob reaches alice" on bob ping -q -n -c 1 -w 2 "$before"
is "the book has bob's name" bob "$(on relay ipop-dhcp show "$bob" --plain | cut -f 2)"

# --- the server is killed -----------------------------------------------------------------------------------
expiry() { on bob ipop-ctl --group lab status --json | jq -r .lease_expires; }
kill -9 "$(on relay cat /run/dhcp.pid)"
first=$(expiry)
says() { on bob ipop-ctl --group lab status | grep -q 'the lease server gave no lease'; }
on relay ga --group lab doctor --outside none >"$run/doctor"
holds "the doctor on the server's machine finds it off" grep -q '^leases  *WRONG .*does not run' "$run/doctor"
within 60 "bob's status says that the server is away" says
is "he keeps his address" "$bob" "$(lease_of bob)"
serve
renewed() { (($(expiry) > first)); }
within 90 "the server is back: his lease is renewed" renewed
is "with the same address" "$bob" "$(lease_of bob)"
on relay ga --group lab doctor --outside none >"$run/doctor"
holds "and the doctor finds the server" grep -q '^leases  *good' "$run/doctor"
is_well() { ! says; }
holds "and his status is well" is_well

# --- and back to the ring's ---------------------------------------------------------------------------------
for host in relay alice bob; do on "$host" sed -i '/^addresses = /,$d' /etc/ipop/lab.toml; done
for host in relay alice bob; do holds "$host's node reads it" on "$host" ipop-ctl --group lab reload; done
for host in alice bob; do
  within 60 "$host has an address of the ring" on "$host" ipop-ctl --group lab wait lease --timeout 1s
done
is "alice the one that she had" "$before" "$(lease_of alice)"
is "bob the one that he had" "$bob" "$(lease_of bob)"
finish
