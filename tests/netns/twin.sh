#!/usr/bin/env bash
# Two machines with one key (a clone): both say so, the younger leaves, and takes over when the elder is gone.
#
#   relay, other (public)   carol, alice, clone of alice: behind NATs of their own
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

of() { ctl "$1" status --json | jq -r "$2"; } # HOST FIELD
says() { ctl "$1" status --json | jq -r '.notices[]' | grep -qF "$2"; }
says_nothing() { [[ $(of "$1" '.notices | length') == 0 ]]; }
logs() { grep -qF "$2" "$run/$1/node.log"; }
has_address() { [[ $(of "$1" .address) == "$2" ]]; }
has_none() { [[ $(of "$1" .address) == null && $(of "$1" .joined) == false ]]; }
text="another machine runs with this node's key"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_site dorm 192.168.3 cone
make_host alice home
make_host clone lab
make_host carol dorm
make_group relay
start_node relay --no-tap
bring_up alice
bring_up carol
address=$(of alice .address)

# What a copied disk has: the key, and all else that alice's node had kept.
mkdir -p "$run/clone"
cp -a "$run/alice/state" "$run/clone/state"
start_node clone --tap tap0 --hostname alice
has_her_id() { [[ $(of clone .id) == "$(of alice .id)" ]]; }
within 20 "the clone has alice's id" has_her_id
within 60 "S22: alice's status says that another machine runs with her key" says alice "$text"
within 60 "S22: the clone's does as well" says clone "$text"
within 20 "S22: the younger one leaves the ring and its address" has_none clone
holds "S22: alice's log says so" logs alice "$text"
holds "S22: the clone's log does as well" logs clone "$text"
holds "S22: ipop-ctl status says what the clone waits for" says clone "keeps out of the ring"
holds "S22: ipop-ctl why says so too" grep -qF "$text" <<<"$(ctl clone why "$(of clone .id)")"
is "S22: alice keeps her address" "$address" "$(of alice .address)"
within 30 "S22: and is reached" pings carol alice 1

# A restart of the same machine is no second one.
stop_node carol KILL
start_node carol --tap tap0 --hostname carol
within 30 "S22: carol holds her lease again" ctl carol wait lease --timeout 2s
holds "S22: and is alone with her key" says_nothing carol

stop_node alice KILL
within 100 "S22: the clone takes over when the other is gone" has_address clone "$address"
within 100 "S22: and complains no longer" says_nothing clone
holds "S22: carol never complained" bash -c '! grep -qF "$1" "$2"' - "$text" "$run/carol/node.log"

# Two who reach no machine in common directly: alice only what is on one side, the clone only what is on the other. The
# members between the sides are linked to each other.
stop_node clone TERM
stop_node carol TERM
make_server other
start_node other --no-tap --bootstrap "${public_of[relay]}:4700"
apart() {
  in_host internet nft -f - <<RULES
table ip apart {
  chain through {
    type filter hook forward priority filter;
    ip saddr ${public_of[home]} ip daddr != ${public_of[relay]} drop
    ip daddr ${public_of[home]} ip saddr != ${public_of[relay]} drop
    ip saddr ${public_of[lab]} ip daddr != ${public_of[other]} drop
    ip daddr ${public_of[lab]} ip saddr != ${public_of[other]} drop
  }
}
RULES
}
apart
start_node alice --tap tap0 --hostname alice
within 60 "S22: alice holds her address beside the relay alone" has_address alice "$address"
# Who came first is known to the second.
second=$(date +%s)
is_later() { [[ $(date +%s) != "$second" ]]; }
within 5 "another second has begun" is_later
: >"$run/clone/node.log"
: >"$run/alice/node.log"
start_node clone --tap tap0 --hostname alice --bootstrap "${public_of[other]}:4700"
within 60 "S22: without a peer that both reach, alice hears of the clone" says alice "$text"
within 60 "S22: and the clone of her" says clone "$text"
within 20 "S22: and leaves" has_none clone
holds "S22: both logs say so" eval 'logs alice "$text" && logs clone "$text"'
is "S22: alice keeps her address again" "$address" "$(of alice .address)"
finish
