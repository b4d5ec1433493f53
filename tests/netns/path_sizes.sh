#!/usr/bin/env bash
# Lines of 1280, 1400, 1500 and 9000 octets between two machines whose own uplinks take 9000. No router says that a
# packet was too big, and none sees a piece of one: each pair finds what its path carries, and the guest is told.
#
#   alice -- [home: cone] ==line== internet, relay -- [lab: cone] -- bob
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

# Neighbours of 9000 octets everywhere.
wide() { # NAMESPACE
  local interface
  for interface in $(ip -n "$internet-$1" -o link show type veth | awk -F '[ :@]+' '{ print $2 }') \
    $(ip -n "$internet-$1" -o link show type bridge | awk -F '[ :@]+' '{ print $2 }'); do
    ip -n "$internet-$1" link set "$interface" mtu 9000
  done
}
for space in internet home lab alice bob; do wide "$space"; done
port=$(ip -n "$internet-internet" -o addr show to "${public_of[home]}/30" | awk '{ print $2 }')
line() { # OCTETS
  ip -n "$internet-home" link set wan mtu "$1"
  ip -n "$internet-internet" link set "$port" mtu "$1"
}
for router in home internet lab; do
  in_host "$router" nft -f - <<'RULES'
table ip silent {
  counter pieces { }
  chain early { type filter hook prerouting priority -450; ip frag-off & 0x3fff != 0 counter name pieces drop; }
  chain out { type filter hook output priority filter; icmp type destination-unreachable icmp code 4 drop; }
}
RULES
done
pieces() {
  for router in home internet lab; do
    in_host "$router" nft -j list counter ip silent pieces | jq '.nftables[] | select(.counter) | .counter.packets'
  done | jq -s add
}

start_node relay --no-tap
carries() { ctl "$1" why "$(virtual_address "$2")" --json | jq -r '.connection.carries'; }
carry() { # OCTETS: both, and directly
  pings alice bob 1 && [[ $(route_to alice bob) == direct ]] && [[ $(carries alice bob) == "$1" ]] &&
    [[ $(carries bob alice) == "$1" ]]
}
# With DF, as whole IP packets of so many octets.
whole() { # FROM TO OCTETS
  in_host "$1" ping -n -c 1 -W 2 -M 'do' -s $(($3 - 28)) "$(virtual_address "$2")"
}
too_big() { [[ $(whole "$1" "$2" "$3" 2>&1) == *mtu*"$4"* ]]; }
transfer() { # FROM TO OCTETS: a file over TCP; the two are equal
  local to server
  to=$(virtual_address "$2")
  rm -f "$run/received"
  head -c "$3" /dev/urandom >"$run/sent"
  in_host "$2" timeout $((60 * patience)) socat -u "TCP4-LISTEN:7000,bind=$to,reuseaddr" "CREATE:$run/received" &
  server=$!
  in_host "$1" timeout $((60 * patience)) socat -u "OPEN:$run/sent" "TCP4:$to:7000,retry=50,interval=0.1" || return
  wait "$server" || return
  cmp "$run/sent" "$run/received"
}
# Heads of IPv4, UDP and ours are 56 octets; the interface takes 8900.
for widths in '1280 1224' '1400 1344' '1500 1444' '9000 8900'; do
  read -r octets packet <<<"$widths"
  line "$octets"
  for host in alice bob; do
    [[ -z $(node_process "$host") ]] || stop_node "$host" TERM
    bring_up "$host"
  done
  within 60 "over a line of $octets octets both know that $packet pass" carry "$packet"
  holds "a packet of $packet octets with DF passes" whole alice bob "$packet"
  ((packet == 8900)) || holds "and one more is refused, with that size" too_big alice bob $((packet + 1)) "$packet"
  holds "a large datagram without DF arrives" in_host alice ping -n -c 1 -W 5 -M dont -s 8000 "$(virtual_address bob)"
  holds "two megabytes come over it as they were" transfer alice bob 2000000
  holds "and back" transfer bob alice 2000000
done
is "the interface takes what the widest line carries" 8900 "$(in_host alice cat /sys/class/net/tap0/mtu)"
is "and the machine's own DHCP client was told so" 8900 "$(in_host bob cat /sys/class/net/tap0/mtu)"

# The black hole: the line gets narrower in mid-stream, and nobody says so.
transfer alice bob 200000000 &
moving=$!
flows() { (($(stat -c %s "$run/received") > 1000000)); }
within 20 "a transfer runs over the wide line" flows
line 1400
wait "$moving"
is "it ends as it began when the line gets narrow in mid-stream" 0 "$?"
within 20 "the new size is known" carry 1344
is "no router has seen a piece of a packet" 0 "$(pieces)"

# Narrower than any path of the internet is to be: nothing is sent in pieces, and who asks is told.
line 1100
in_host alice ping -q -i 0.2 -w $((60 * patience)) "$(virtual_address bob)" >/dev/null &
asking=$!
says_so() {
  local why
  why=$(ctl alice why "$(virtual_address bob)")
  [[ $why == *"nothing of the size of data passes"*1280* && $why == *"none of the size of data"* ]]
}
within 20 "over a line of 1100 octets why says that nothing of the size of data passes" says_so
is "and a script reads no size" "" "$(ctl alice why "$(virtual_address bob)" --plain | sed -n 's/^carries\t//p')"
line 1400
within 30 "a line that is wide enough again is used" carry 1344
kill "$asking"
finish
