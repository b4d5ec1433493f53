#!/usr/bin/env bash
# Paths that lie: a router between passes handshakes and drops what is sealed; another drops what is large, or every
# piece of a packet, without a word. Nobody falls, and the pair goes on, through a member or with packets that fit.
#
#   alice -- [home: cone] -- internet, relay -- [lab: cone] -- bob
#   east, west: servers that have IPv6 as well, and nothing else between them
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
command -v socat >/dev/null || skip "no socat on this machine"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_host alice home
make_host bob lab
make_group relay
start_node relay --no-tap

# What the router in the middle does to packets between the two sites.
between() { # RULE
  in_host internet nft -f - <<RULES
table ip between {}
delete table ip between
table ip between {
  chain through {
    type filter hook forward priority filter;
    ip saddr { ${public_of[home]}, ${public_of[lab]} } ip daddr { ${public_of[home]}, ${public_of[lab]} } jump pair
  }
  chain pair { $1; }
}
RULES
}
sealed_only='udp length > 0 @th,64,32 != 0 drop'
is_state() { pings alice bob 1 && [[ $(route_to alice bob) == "$1" ]]; }
why_says() { ctl "$1" why "$(virtual_address "$2")" --json | jq -r '.journal[].text' | grep -q "$3"; }
# As it is now, and not what the journal says of some time ago.
is_noticed() { ctl "$1" why "$(virtual_address "$2")" --json | jq -r '.notices[]?' | grep -q "$3"; }
processes() { for host in relay alice bob; do node_process "$host"; done; }
start_pings() { # HOST HOST SECONDS: ten a second, into $run/pings
  rm -f "$run/pings"
  in_host "$1" ping -n -D -i 0.1 -w "$3" "$(virtual_address "$2")" >"$run/pings" 2>&1 &
  pings_run=$!
}
# The longest time between two replies, in ms.
longest_gap() {
  sed -n 's/^\[\([0-9.]*\)\] .*icmp_seq.*/\1/p' "$run/pings" |
    awk 'NR > 1 && $1 - last > gap { gap = $1 - last } { last = $1 } END { printf "%d\n", gap * 1000 }'
}
lost_of() { sed -n 's/.* \([0-9.]*\)% packet loss.*/\1/p' "$run/pings"; }
# transfer FROM TO OCTETS: a file over TCP, to TO; the two sums are equal.
transfer() {
  local to
  to=$(virtual_address "$2")
  head -c "$3" /dev/urandom >"$run/sent"
  in_host "$2" timeout $((60 * patience)) socat -u "TCP4-LISTEN:7000,bind=$to,reuseaddr" "CREATE:$run/received" &
  local server=$!
  in_host "$1" timeout $((60 * patience)) socat -u "OPEN:$run/sent" "TCP4:$to:7000,retry=50,interval=0.1" || return
  wait "$server" || return
  cmp "$run/sent" "$run/received"
}

# --- handshakes pass, data does not -------------------------------------------------------------------------

between 'drop'
bring_up alice
bring_up bob
began=$(processes)
within 30 "they talk through a member where nothing passes between them" is_state relayed

between "$sealed_only"
start_pings alice bob 40
within 60 "the way that passes handshakes only is tried" why_says alice bob 'no data came back'
wait "$pings_run"
echo "# relayed pair: $(lost_of) % of the pings lost, longest gap $(longest_gap) ms"
holds "and no traffic goes that way: few pings are lost" jq -ne "$(lost_of) < 5"
is "they still talk through a member" relayed "$(route_to alice bob)"

# Another pair of nodes, so that nothing is left of the back-off.
again() {
  stop_node alice TERM
  stop_node bob TERM
  bring_up alice
  bring_up bob
}
between 'accept'
again
within 60 "they are direct when the way is good" is_state direct
began=$(processes)
start_pings alice bob 25
begun() { (($(grep -c 'icmp_seq' "$run/pings") > 20)); }
within 10 "pings are answered" begun
between "$sealed_only"
wait "$pings_run"
echo "# direct pair: $(lost_of) % of the pings lost, longest gap $(longest_gap) ms"
# 3 s are what is promised; a machine that has much to do is slow to ask.
holds "a direct way that stops carrying data is left within seconds" jq -ne "$(longest_gap) < 3000 * $patience / 2"
within 10 "for a member" is_state relayed
is "all three nodes are the same processes" "$began" "$(processes)"

# --- only what is small passes ------------------------------------------------------------------------------

# Datagrams are sent in batches that the kernel cuts late, so a rule on lengths would see whole batches: the line itself
# is narrow, and no piece of a packet gets past either router.
uplink() { # OCTETS: of alice's site
  local port
  port=$(ip -n "$internet-internet" -o addr show to "${public_of[home]}/30" | awk '{ print $2 }')
  ip -n "$internet-home" link set wan mtu "$1"
  ip -n "$internet-internet" link set "$port" mtu "$1"
}
for router in home internet; do
  in_host "$router" nft -f - <<'RULES'
table ip pieces {
  chain early { type filter hook prerouting priority -450; ip frag-off & 0x3fff != 0 drop; }
}
RULES
done
large() { in_host "$1" ping -q -n -c 1 -W 5 -M "$3" -s 1360 "$(virtual_address "$2")"; }
too_big() { [[ $(in_host alice ping -n -c 1 -W 2 -M 'do' -s 1360 "$(virtual_address bob)" 2>&1) == *mtu*"$1"* ]]; }
between 'accept'
for widths in '1280 1224' '1400 1344'; do
  read -r line packet <<<"$widths"
  uplink "$line"
  again
  within 60 "a pair with an uplink of $line octets, without pieces, is direct" is_state direct
  within 30 "and it is said that $packet octets pass" is_noticed alice bob "carries packets of $packet octets"
  holds "a megabyte comes over it as it was" transfer alice bob 1000000
  holds "and back" transfer bob alice 1000000
  holds "large packets without DF pass in pieces that the node cuts" large alice bob dont
  within 10 "and with DF the sender is told the size" too_big "$packet"
done

# --- IPv6 of 1280 octets, whose "packet too big" is lost ----------------------------------------------------

in_host internet sysctl -qw net.ipv6.conf.all.forwarding=1
number=0
with_ipv6() { # SERVER
  local port
  number=$((number + 1))
  make_server "$1"
  port=$(ip -n "$internet-internet" -o addr show to "${public_of[$1]}/30" | awk '{ print $2 }')
  ip -n "$internet-internet" addr add "2001:db8:$number::1/64" dev "$port" nodad
  ip -n "$internet-$1" addr add "2001:db8:$number::2/64" dev eth0 nodad
  ip -n "$internet-$1" route add default via "2001:db8:$number::1"
  port_of=$port
}
with_ipv6 east
with_ipv6 west
ip -n "$internet-internet" link set "$port_of" mtu 1280
ip -n "$internet-west" link set eth0 mtu 1280
in_host internet nft -f - <<RULES
table inet lost {
  chain too_big { type filter hook output priority filter; icmpv6 type packet-too-big drop; }
  chain no_ipv4 {
    type filter hook forward priority filter;
    ip saddr { ${public_of[east]}, ${public_of[west]} } ip daddr { ${public_of[east]}, ${public_of[west]} } drop
  }
}
RULES
bring_up east
bring_up west
over_ipv6() { pings east west 1 && ctl east why "$(virtual_address west)" --json | jq -r .connection.endpoint | grep -q '2001:db8'; }
within 60 "two members with IPv6 only between them are direct" over_ipv6
within 30 "the width of 1280 octets is found" is_noticed east west 'carries packets of 1204 octets'
holds "a megabyte comes over it" transfer east west 1000000
holds "and back" transfer west east 1000000
finish
