#!/usr/bin/env bash
# Two groups on the same machines: no address of one group's virtual network is an endpoint in the other, whichever
# node starts first; an interface of another VPN is left out by a setting.
#
#   alice -- [home: cone] -- internet -- [lab: cone] -- bob
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_host alice home
make_host bob lab
make_group relay
start_node relay --no-tap

cat >"$run/sea.toml" <<GROUP
name = "sea"
namespace = "sea-$internet"
prefix = "100.64.0.0/10"
bootstrap = ["${public_of[relay]}:4800"]
GROUP
start_sea() { # HOST OPTION...
  in_host "$1" "$bin/ipop-node" --group-file "$run/sea.toml" --state-dir "$run/$1/sea" --socket "$run/$1/sea.socket" \
    --port 4800 "${@:2}" >>"$run/$1/sea.log" 2>&1 </dev/null &
  disown
}
sea() { "$bin/ipop-ctl" --socket "$run/$1/sea.socket" "${@:2}"; }
endpoints() { # FILE_OF_STATUS
  jq -r '(.local_endpoints + .observed_endpoints)[]' "$1"
}
# no_virtual NAME COMMAND...: the status that COMMAND prints has endpoints, and none is of a virtual network.
no_virtual() {
  local name=$1
  shift
  "$@" status --json >"$run/status.json"
  holds "$name has endpoints" grep -q . <(endpoints "$run/status.json")
  is "$name names no virtual one" "" "$(endpoints "$run/status.json" | grep -E '^(10\.(12[89]|1[3-9].|2..)|100\.)' || true)"
}

# A VPN of somebody else on alice.
ip -n "$internet-alice" link add wg7 type bridge
ip -n "$internet-alice" addr add 172.30.7.1/24 dev wg7
ip -n "$internet-alice" link set wg7 up

start_sea relay --no-tap
# On alice the group demo is first, on bob the group sea.
start_node alice --tap tap0 --configure --exclude 'wg*'
within 30 "alice holds an address in demo" ctl alice wait lease --timeout 1s
start_sea alice --tap sea0 --configure
mkdir -p "$run/bob"
start_sea bob --tap sea0 --configure
within 30 "bob holds an address in sea" sea bob wait lease --timeout 1s
start_node bob --tap tap0 --configure
within 30 "alice holds an address in sea" sea alice wait lease --timeout 1s
within 30 "bob holds an address in demo" ctl bob wait lease --timeout 1s

demo_of_bob=$(leased_address bob) sea_of_bob=$(sea bob status --json | jq -r .address)
within 20 "alice reaches bob in demo" in_host alice ping -q -n -c 1 -W 1 "$demo_of_bob"
within 20 "alice reaches bob in sea" in_host alice ping -q -n -c 1 -W 1 "$sea_of_bob"

no_virtual "demo on alice, first" ctl alice
no_virtual "sea on alice, second" sea alice
no_virtual "demo on bob, second" ctl bob
no_virtual "sea on bob, first" sea bob
has_endpoint() { "$@" status --json | jq -e '.local_endpoints | any(startswith("172.30.7.1:"))' >/dev/null; }
has_endpoint ctl alice
is "an excluded interface is no endpoint" 1 $?
holds "an interface that is not excluded is one" has_endpoint sea alice
finish
