#!/usr/bin/env bash
# `ipop-ctl ping`: each reply with its way, the moment when the way changes, and the loss at the end; the names of
# links.
#
#   alice -- [home: cone] -- internet -- [lab: cone] -- bob
#                               |
#                         relay, carol
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_server carol
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_host alice home
make_host bob lab
make_group relay
start_node relay --no-tap
bring_up alice
bring_up bob
ping_member() { in_host alice "$bin/ipop-ctl" --socket "$run/alice/socket" ping "$@"; }
is_direct() { [[ $(route_to alice bob) == direct ]]; }
within 20 "alice reaches bob directly" is_direct

ping_member bob --count 3 >"$run/replies" 2>"$run/talk"
is "three pings: the status" 0 $?
is "three pings: a line for each reply, with the way" 3 "$(grep -cE '^[123]  .*direct to 203\.0\.113\.' "$run/replies")"
is "three pings: the sum" "3 sent, 3 received, 0 lost (0 %)" "$(tail -n 1 "$run/replies")"
ping_member bob --count 2 --json >"$run/json" 2>>"$run/talk"
is "as JSON: replies and an end, each with its schema" 3 "$(jq -c 'select(.schema == "ipop-ctl.ping/1")' "$run/json" | wc -l)"
is "as JSON: the way" direct "$(jq -r 'select(.event == "reply") | .way' "$run/json" | sort -u)"
holds "links have names" bash -c "'$bin/ipop-ctl' --socket '$run/alice/socket' peers | grep -qE '^bob +10\.'"

# --- the way changes while pings run --------------------------------------------------------------------------
ping_member bob >"$run/replies" 2>"$run/talk" &
pinger=$!
within 10 "pings run" grep -q '^2  ' "$run/replies"
in_host home nft -f - <<RULES
table inet fault {
  chain through { type filter hook forward priority -10;
    ip daddr ${public_of[lab]} drop
    ip saddr ${public_of[lab]} drop
  }
}
RULES
within 90 "the way changes to the relay" grep -qE 'way changed: direct to .* -> (relayed|routed) by' "$run/replies"
within 30 "replies come through it" grep -qE '^[0-9]+  .*(relayed|routed) by' "$run/replies"
# A relayed packet has less room. The node cuts and says so, and that is no fault of the path.
mkdir -p "$run/etc"
cp "$run/group.toml" "$run/etc/demo.toml"
narrow_is_good() {
  in_host alice "$bin/ga" --dir "$run/etc" --group demo --socket "$run/alice/socket" --state-dir "$run/alice/state" \
    doctor --plain --outside none >"$run/doctor" 2>>"$run/talk"
  awk -F'\t' '$2 == "path" { print $3 ": " $4 }' "$run/doctor" | grep -qE '^good: .* up to 13[0-9][0-9] octets'
}
within 30 "ga doctor finds no fault in a path through a member" narrow_is_good
# With no way at all, nothing is left but loss.
in_host home nft add rule inet fault through drop
within 20 "lost ones are named" grep -q 'no reply within 2 s' "$run/replies"
kill -INT "$pinger" "$(pgrep -P "$pinger" 2>/dev/null || echo "$pinger")" 2>/dev/null
wait "$pinger" 2>/dev/null
in_host home nft delete table inet fault
holds "the sum counts the loss" grep -qE '^[0-9]+ sent, [0-9]+ received, [1-9][0-9]* lost' "$run/replies"
within 30 "alice is back" in_host alice "$bin/ipop-ctl" --socket "$run/alice/socket" ping bob --count 1
ping_member 10.128.99.99 --count 1 >"$run/replies" 2>"$run/talk"
is "nobody has that address: the status" 1 $?

# --- what the node says of others has their names ---------------------------------------------------------------
bring_up carol
stop_node relay TERM
in_host home nft -f - <<RULES
table inet fault {
  chain through { type filter hook forward priority -10;
    ip daddr ${public_of[lab]} drop
    ip saddr ${public_of[lab]} drop
  }
}
RULES
is_named() { ping_member bob --count 1; ctl alice "$@" | grep -qE 'relayed by carol(:|$)'; }
within 60 "why names the member between" is_named why bob
within 30 "and so do links" is_named peers
finish
