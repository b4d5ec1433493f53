# shellcheck shell=bash disable=SC2034  # its tables are for those who source it
# internet.sh - a small internet in network namespaces, for the demo, tests/netns and bench. Source it.
#
#        alice            bob  carol             dave
#   192.168.1.10     192.168.2.10 .11       192.168.3.10      hosts, on the bridge of their site
#          |               |   |                  |
#        [home]          [ lab ]              [office]        sites: NAT and stateful filter
#          |                |                     |
#          +----------- internet -----------------+           a router; 203.0.113.0/24 in pieces of four
#                           |
#                         relay                               a server: a public address of its own
#
#   make_internet                      the router in the middle
#   make_server NAME                   a host with a public address
#   make_site NAME SUBNET NAT          a site; SUBNET is a /24 as "192.168.1"; for NAT see nat_rules
#   make_host NAME SITE                the next free address of the site
#   move_host NAME SITE                the same host elsewhere: another network, another address
#   in_host NAME COMMAND...            runs COMMAND there
#   unmake_internet                    ends what runs in the namespaces and removes them; always safe
#
# Every namespace is called $internet-NAME, and $internet differs from run to run, so that runs do not meet and
# unmake_internet can end everything in its namespaces without a look at anything else. The virtual network of a
# group (10.128.0.0/9 by default) is left free.

internet=${internet:-ga$$}
declare -gA address_of=() site_of=() subnet_of=() nat_of=() public_of=() hosts_in=()
declare -gi attachments=0
declare -ga namespaces=()

in_host() {
  local name=$1
  shift
  ip netns exec "$internet-$name" "$@"
}

make_internet() {
  new_namespace internet
  in_host internet sysctl -qw net.ipv4.ip_forward=1
}

make_server() {
  new_namespace "$1"
  attach "$1" eth0
  address_of[$1]=${public_of[$1]}
}

make_site() {
  local name=$1 subnet=$2 nat=$3 namespace="$internet-$1"
  new_namespace "$name"
  subnet_of[$name]=$subnet nat_of[$name]=$nat hosts_in[$name]=0
  attach "$name" wan
  ip -n "$namespace" -batch - <<LINES
link add lan type bridge forward_delay 0 mcast_snooping 0
addr add $subnet.1/24 dev lan
link set lan up
LINES
  in_host "$name" sysctl -qw net.ipv4.ip_forward=1
  nat_rules "$nat" "$subnet" | in_host "$name" nft -f -
}

make_host() {
  new_namespace "$1"
  join_site "$1" "$2"
}

move_host() {
  ip -n "$internet-$1" link del eth0
  join_site "$1" "$2"
}

# What a site's router lets through, in the words of RFC 4787. All of them keep the port when they can, and drop
# what comes unasked without a word.
#   cone        mapping endpoint-independent, filtering address and port-dependent: Linux and most home routers
#   restricted  mapping endpoint-independent, filtering address-dependent
#   open        mapping and filtering endpoint-independent ("full cone")
#               (both lead a port to one host: hosts of such a site use different ports)
#   symmetric   mapping address and port-dependent, filtering as in cone
nat_rules() {
  local nat=$1 subnet=$2 masquerade=masquerade learn='' inward=''
  case $nat in
    cone) ;;
    symmetric) masquerade='masquerade random,fully-random' ;;
    # Linux filters by address and port. To filter less, the router remembers who uses which port (and whom he
    # wrote to), and sends datagrams for the port there.
    restricted)
      learn='update @user_of_port { udp sport : ip saddr }; update @written_to { ip daddr . udp sport };'
      inward='ip saddr . udp dport @written_to dnat to udp dport map @user_of_port' ;;
    open)
      learn='update @user_of_port { udp sport : ip saddr };'
      inward='meta l4proto udp dnat to udp dport map @user_of_port' ;;
    *) echo "nat_rules: no NAT of kind '$nat'" >&2; return 2 ;;
  esac
  cat <<RULES
table ip site {
  map user_of_port { type inet_service : ipv4_addr; flags dynamic, timeout; timeout 2m; }
  set written_to { type ipv4_addr . inet_service; flags dynamic, timeout; timeout 2m; }
  chain to_internet {
    type nat hook postrouting priority srcnat;
    oifname "wan" ip saddr $subnet.0/24 $masquerade
  }
  chain from_internet {
    type nat hook prerouting priority dstnat;
    ${inward:+iifname \"wan\" $inward}
  }
  chain to_router {
    type filter hook input priority filter;
    iifname "wan" ct state != { established, related } drop
  }
  chain through {
    type filter hook forward priority filter; policy drop;
    ${learn:+iifname \"lan\" meta l4proto udp $learn}
    iifname "lan" accept
    ct state { established, related } accept
    ct status dnat accept
  }
}
RULES
}

# A name as long as it needs to be is no reason to wait for a resolver of the machine outside.
new_namespace() {
  local namespace="$internet-$1"
  # First: a trap may run as soon as the command has ended.
  namespaces+=("$1")
  ip netns add "$namespace"
  mkdir -p "/etc/netns/$namespace"
  echo '# no name server yet' >"/etc/netns/$namespace/resolv.conf"
  ip -n "$namespace" link set lo up
}

# attach NAME INTERFACE: the next four addresses of 203.0.113.0/24, one for each side of the wire.
attach() {
  local name=$1 interface=$2 first=$((attachments * 4))
  attachments+=1
  ip -n "$internet-internet" -batch - <<LINES
link add port$attachments type veth peer name $interface netns $internet-$name
addr add 203.0.113.$((first + 1))/30 dev port$attachments
link set port$attachments up
LINES
  public_of[$name]=203.0.113.$((first + 2))
  ip -n "$internet-$name" -batch - <<LINES
addr add ${public_of[$name]}/30 dev $interface
link set $interface up
route add default via 203.0.113.$((first + 1))
LINES
}

join_site() {
  local name=$1 site=$2 number
  number=$((10 + hosts_in[$site]))
  hosts_in[$site]=$((hosts_in[$site] + 1))
  site_of[$name]=$site address_of[$name]=${subnet_of[$site]}.$number public_of[$name]=${public_of[$site]}
  ip -n "$internet-$site" -batch - <<LINES
link add host$number type veth peer name eth0 netns $internet-$name
link set host$number master lan up
LINES
  ip -n "$internet-$name" -batch - <<LINES
addr add ${address_of[$name]}/24 dev eth0
link set eth0 up
route add default via ${subnet_of[$site]}.1
LINES
}

# Also called from traps, on half-made internets and on what an earlier call left: what is gone already is no fault, and
# under set -e none of it may end the caller.
unmake_internet() {
  local name pids=() left tries
  for name in "${namespaces[@]}"; do
    mapfile -t -O "${#pids[@]}" pids < <(ip netns pids "$internet-$name" 2>/dev/null)
  done
  if ((${#pids[@]})); then
    kill -TERM "${pids[@]}" 2>/dev/null || true
    for ((tries = 0; tries < 30; tries++)); do
      left=()
      for name in "${pids[@]}"; do [[ -e /proc/$name ]] && left+=("$name"); done
      ((${#left[@]})) || break
      sleep 0.1
    done
    # Only what is still in a namespace of ours: a number may have gone to another process.
    for name in "${namespaces[@]}"; do
      for left in $(ip netns pids "$internet-$name" 2>/dev/null); do kill -KILL "$left" 2>/dev/null || true; done
    done
  fi
  for name in "${namespaces[@]}"; do
    ip netns del "$internet-$name" 2>/dev/null || true
    rm -rf "/etc/netns/$internet-$name" || true
  done
  rmdir /etc/netns 2>/dev/null || true
  namespaces=()
}
