#!/usr/bin/env bash
# What stock DHCP clients do after the first lease: renewing, rebinding, release, a wish, a restart with an old lease,
# an address that somebody else uses; then a flood of DISCOVERs.
#
#   alice (udhcpc) ------------------------- [home: cone] -- internet -- relay
#   guest (udhcpc), squatter == bridge == TAP (node on bob) ---'
#   carol (dhcpcd) -----------------------------------------'
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
command -v perfdhcp >/dev/null || skip "no perfdhcp on this machine"

make_internet
make_server relay
make_site home 192.168.1 cone
for host in alice bob carol; do make_host "$host" home; done
make_group relay
start_node relay --no-tap
for host in alice bob carol; do start_node "$host" --tap tap0; done
for host in alice bob carol; do
  ctl "$host" wait lease --timeout "$((30 * patience))s" >"$run/lease" 2>&1 || { result 1 "$host holds a lease"; finish; }
done
server=10.128.0.1

counter() { ctl "$1" status --json | jq --arg name "$2" '.counters[$name] // 0'; }
rises() { (($(counter "$1" "$2") > $3)); } # HOST COUNTER ABOVE
has_address() { [[ $(virtual_address "$1") == "$2" ]]; }
says() { tail -n "+$(($3 + 1))" "$run/$1/client.log" | grep -qF "$2"; } # HOST TEXT AFTER_LINE
lines() { wc -l <"$run/$1/client.log"; }

# Clients in the foreground, each a process that hears signals; its pid is $client.
run_udhcpc() { # HOST OPTION...
  local host=$1
  shift
  mkdir -p "$run/$host"
  HOST_RESOLV_CONF=/etc/netns/$internet-$host/resolv.conf exec_in "$host" udhcpc -f -i tap0 \
    -s "$here/../../demo/udhcpc-script" -t 20 -T 1 -A 1 "$@" &
  client=$!
}
# What it keeps is in $run/HOST/dhcpcd, so that another run finds it.
run_dhcpcd() { # HOST
  mkdir -p "$run/$1/dhcpcd"
  # shellcheck disable=SC2016  # the inner shell's
  exec_in "$1" unshare --mount sh -c '
    mkdir -p /run/dhcpcd /var/lib/dhcpcd
    mount -t tmpfs none /run/dhcpcd && mount --bind "$1" /var/lib/dhcpcd
    exec dhcpcd --nobackground --config /dev/null --ipv4only --noarp tap0' - "$run/$1/dhcpcd" &
  client=$!
}
exec_in() {
  local host=$1
  shift
  exec ip netns exec "$internet-$host" "$@" >>"$run/$host/client.log" 2>&1 </dev/null
}
# dhcpcd loses a signal now and then: it is asked every second until it ends.
end_client() {
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    if ((tries % 10 == 0)); then kill "$client" 2>/dev/null || break; fi
    kill -0 "$client" 2>/dev/null || break
    sleep 0.1
  done
  ((tries < 100)) || kill -KILL "$client" 2>/dev/null
  wait "$client" 2>/dev/null
}

# --- somebody else uses the address: decline -----------------------------------------------------------------

new_namespace guest
new_namespace squatter
ip -n "$internet-bob" -batch - <<LINES
link add bridge0 type bridge forward_delay 0
link add port0 type veth peer name tap0 netns $internet-guest
link add port1 type veth peer name eth0 netns $internet-squatter
link set tap0 master bridge0
link set port0 master bridge0
link set port1 master bridge0
link set tap0 up
link set port0 up
link set port1 up
link set bridge0 up
LINES
contested=$(leased_address bob)
ip -n "$internet-squatter" addr add "$contested/9" dev eth0
ip -n "$internet-squatter" link set eth0 up
run_udhcpc guest -a200
within 20 "a client that finds its address in use declines it" rises bob dhcp_decline 0
has_other_lease() { [[ -n $(virtual_address guest) && $(virtual_address guest) != "$contested" ]]; }
within 20 "and gets another one" has_other_lease
is "which is what the node holds" "$(leased_address bob)" "$(virtual_address guest)"
# A release that waits for ARP goes with the address; the client sends one only.
knows_server() {
  in_host guest ping -q -c 1 -W 1 "$server"
  ip -n "$internet-guest" neigh show "$server" | grep -q lladdr
}
within 20 "it knows its server's MAC" knows_server
kill -USR2 "$client"
within 20 "it releases that, too" rises bob dhcp_release 0
end_client
run_udhcpc guest -n -q -r 10.200.7.9
wait "$client"
is "the wish for a free address is fulfilled" 10.200.7.9 "$(virtual_address guest)"
is "and the node leases it" 10.200.7.9 "$(leased_address bob)"

# --- udhcpc: renew, rebind, release, a wish ------------------------------------------------------------------

held=$(leased_address alice)
run_udhcpc alice
within 20 "udhcpc gets the address that the node holds" has_address alice "$held"

acks=$(counter alice dhcp_ack) line=$(lines alice)
kill -USR1 "$client"
within 20 "renewing: the unicast REQUEST is acknowledged" rises alice dhcp_ack "$acks"
within 20 "with the same address" says alice "lease of $held obtained" "$line"

# What it sends to the server alone is lost, so that it turns to everybody.
in_host alice nft -f - <<RULES
table ip rebinding {
  chain out {
    type filter hook output priority filter
    oifname "tap0" ip daddr $server udp dport 67 drop
  }
}
RULES
acks=$(counter alice dhcp_ack) line=$(lines alice)
kill -USR1 "$client"
within 20 "rebinding: the broadcast REQUEST is acknowledged" rises alice dhcp_ack "$acks"
within 20 "with the same address too" says alice "lease of $held obtained" "$line"
in_host alice nft delete table ip rebinding

kill -USR2 "$client"
within 20 "the release reaches the node" rises alice dhcp_release 0
within 20 "and the client has no address" has_address alice ''
kill -USR1 "$client"
within 20 "when it asks again it gets the same address" has_address alice "$held"
end_client

run_udhcpc alice -n -q -r "$(leased_address carol)"
wait "$client"
is "the wish for an address that another member holds gives the held one" "$held" "$(virtual_address alice)"
run_udhcpc alice -n -q -r 192.168.77.7
wait "$client"
is "so does the wish for one of another network" "$held" "$(virtual_address alice)"

# --- dhcpcd: an old lease after a restart, its own and another's ----------------------------------------------

held=$(leased_address carol)
run_dhcpcd carol
within 20 "dhcpcd gets the address that the node holds" has_address carol "$held"
acks=$(counter carol dhcp_ack)
kill -USR1 "$client"
within 20 "dhcpcd renews it" rises carol dhcp_ack "$acks"
acks=$(counter carol dhcp_ack)
nsenter --target "$client" --mount --net dhcpcd --config /dev/null --ipv4only --rebind tap0 >>"$run/carol/client.log" 2>&1
within 20 "and rebinds it" rises carol dhcp_ack "$acks"
line=$(lines carol)
end_client
within 20 "and takes the address off the interface" has_address carol ''

offers=$(counter carol dhcp_offer) line=$(lines carol)
run_dhcpcd carol
within 20 "after a restart it asks by INIT-REBOOT" says carol "rebinding lease of $held" "$line"
within 20 "and leases the address again" says carol "leased $held" "$line"
is "without a new offer" "$offers" "$(counter carol dhcp_offer)"
line=$(lines carol)
end_client

# A lease of an address that bob's node holds: the octets of yiaddr in the file of the lease.
printf '\x0a\xc8\x07\x09' | dd of="$run/carol/dhcpcd/tap0.lease" bs=1 seek=16 conv=notrunc status=none
naks=$(counter carol dhcp_nak) line=$(lines carol)
run_dhcpcd carol
within 20 "a client that comes with another's lease asks for that" says carol "rebinding lease of 10.200.7.9" "$line"
within 20 "it gets a NAK" rises carol dhcp_nak "$naks"
within 20 "and then leases the address of its own node" says carol "leased $held" "$line"
within 20 "which is on the interface" has_address carol "$held"

# --- S8: floods ---------------------------------------------------------------------------------------------

dropped=$(counter carol drop_dhcp_relayed) acks=$(counter carol dhcp_ack)
in_host carol perfdhcp -4 -i -B -l tap0 -r 2000 -R 10000 -p 2 >"$run/perfdhcp" 2>&1
within 20 "a load of DISCOVERs through a relay agent is counted" rises carol drop_dhcp_relayed $((dropped + 1000))

# As from machines behind a bridge: each frame comes from the MAC that it names.
in_host carol python3 - <<'PYTHON'
import random, socket, struct
chance = random.Random(9)
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("tap0", 0))
for number in range(5000):
    mac = b"\x02" + chance.randbytes(5)
    bootp = struct.pack("!4BI", 1, 1, 6, 0, number) + bytes(20) + mac + bytes(202)
    dhcp = bootp + bytes.fromhex("63825363 350101 ff") + bytes(53)
    udp = struct.pack("!4H", 68, 67, 8 + len(dhcp), 0) + dhcp
    head = struct.pack("!2B3H2BH8s", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0, bytes(4) + b"\xff" * 4)
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    head = head[:10] + struct.pack("!H", 0xFFFF - (total & 0xFFFF) - (total >> 16)) + head[12:]
    out.send(b"\xff" * 6 + mac + b"\x08\x00" + head + udp)
PYTHON
within 20 "5,000 machines that do not exist ask for an address" rises carol tap_read 5000
is "and get none" "$acks" "$(counter carol dhcp_ack)"
is "the node keeps its address" "$held" "$(leased_address carol)"
kill -USR1 "$client"
within 20 "and the honest client its lease" rises carol dhcp_ack "$acks"
is "which is the same" "$held" "$(virtual_address carol)"
finish
