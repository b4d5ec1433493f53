#!/usr/bin/env bash
# Names of the group and names of the outside world, on a machine that a stock DHCP client set up, and on one whose node
# sets itself up (--configure): a machine keeps all the names that it had.
#
#   alice -- [home: cone] -- internet -- relay, names (a name server)
#   bob, carol -- [lab: cone]
#
# Each client runs with an /etc of its own, as it would on a machine of its own.
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
for program in dhclient unshare getent ss; do
  command -v "$program" >/dev/null || [[ -x /sbin/$program ]] || skip "no $program on this machine"
done

make_internet
make_server relay
make_server names
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_host alice home
make_host bob lab
make_host carol lab
make_group relay
start_node relay --no-tap
in_host names "$here/name_server.py" "${public_of[names]}" >"$run/names.log" 2>&1 </dev/null &
disown
has_stranger() { (($(ctl bob status --json | jq '.counters.drop_dns_stranger // 0') > 0)); }
serves() { in_host names dig +short +time=1 +tries=1 "@${public_of[names]}" outside.example | grep -q 192.0.2.80; }
within 20 "the outside world has a name server" serves
bring_up bob
bob=$(virtual_address bob)

# One machine, from its start to its end: prints "group ADDRESS", "outside ADDRESS" and its resolv.conf.
cat >"$run/machine" <<'MACHINE'
client=$1 bin=$2 run=$3 server=$4
umount /etc/resolv.conf 2>/dev/null
mkdir -p "$run/etc.$client"
mount -t tmpfs none "$run/etc.$client"
cp -a /etc/. "$run/etc.$client/" 2>/dev/null
mount --bind "$run/etc.$client" /etc
rm -f /etc/resolv.conf
echo "nameserver $server" >/etc/resolv.conf
for directory in /run/dhcpcd /var/lib/dhcpcd /var/lib/dhcp; do
  mkdir -p "$directory"
  mount -t tmpfs none "$directory"
done
set --
[[ $client != configure* ]] || set -- --configure
start() {
  "$bin/ipop-node" --group-file "$run/group.toml" --state-dir "$run/state.$client" --socket "$run/$client.sock" \
    --tap tap0 "$@" >>"$run/$client.log" 2>&1 </dev/null &
  node=$!
  "$bin/ipop-ctl" --socket "$run/$client.sock" wait lease --timeout 30s >/dev/null
}
start "$@"
case $client in
  dhclient) dhclient -4 -1 -cf /dev/null -pf "$run/dhclient.pid" -lf "$run/dhclient.leases" tap0 ;;
  udhcpc) udhcpc -i tap0 -n -q -t 20 -T 1 -s /etc/udhcpc/default.script ;;
  dhcpcd) dhcpcd --config /dev/null --ipv4only --oneshot --waitip 4 --timeout 20 --noarp \
    --option domain_name_servers,domain_name tap0 ;;
esac >>"$run/$client.log" 2>&1 </dev/null
ask() { # NAME: asked again while the machine's resolver settles
  local tries
  for ((tries = 0; tries < 40; tries++)); do
    getent ahostsv4 "$1" 2>/dev/null | awk '$2 == "STREAM" { print $1; found = 1; exit } END { exit !found }' && return
    sleep 0.25
  done
}
echo "group $(ask bob.ipop)"
echo "outside $(ask outside.example)"
# Longer than a datagram: the resolver comes again over TCP.
echo "tcp $(dig +tcp +short +time=5 +tries=3 bob.ipop)"
echo "long $(dig +short +time=5 +tries=3 long.example TXT | grep -o '"[^"]*"' | wc -l)"
sed 's/^/resolv.conf /' /etc/resolv.conf
if [[ $client == configure-killed ]]; then
  kill -KILL "$node"
  wait "$node" 2>/dev/null
  echo "block $(grep -c 'ipop-node tap0: begin' /etc/resolv.conf)"
  start "$@"
  echo "again $(ask bob.ipop)"
fi
if [[ $client == configure-rewritten ]]; then
  echo "nameserver $server" >/etc/resolv.conf
  for ((tries = 0; tries < 100; tries++)); do grep -q 'ipop-node tap0: begin' /etc/resolv.conf && break; sleep 0.25; done
  echo "again $(ask bob.ipop)"
fi
[[ ! -s $run/dhclient.pid ]] || kill "$(cat "$run/dhclient.pid")"
kill "$node"
wait "$node" 2>/dev/null
[[ $client != configure* ]] || echo "after $(tr '\n' ' ' </etc/resolv.conf)"
MACHINE
machine() { # CLIENT
  in_host alice unshare --mount bash "$run/machine" "$1" "$bin" "$run" "${public_of[names]}" >"$run/$1.out" 2>&1
}
said() { sed -n "s/^$2 //p" "$run/$1.out"; }

for client in dhclient udhcpc dhcpcd; do
  machine "$client"
  is "$client: a name of the group" "$bob" "$(said "$client" group)"
  is "$client: a name of outside" 192.0.2.80 "$(said "$client" outside)"
  is "$client: a name of the group, over TCP" "$bob" "$(said "$client" tcp)"
  is "$client: an answer that no datagram holds" 60 "$(said "$client" long)"
  grep -q '^resolv.conf nameserver 10.128.0.1$' "$run/$client.out"
  result $? "$client: the node's name server stands in resolv.conf"
done

for client in configure configure-killed configure-rewritten; do
  machine "$client"
  is "$client: a name of the group" "$bob" "$(said "$client" group)"
  is "$client: a name of outside" 192.0.2.80 "$(said "$client" outside)"
  is "$client: a name of the group, over TCP" "$bob" "$(said "$client" tcp)"
  is "$client: resolv.conf is as it was, in the end" "nameserver ${public_of[names]} " "$(said "$client" after)"
done
# The port at which the kernel takes bob's connections to his own server is for himself alone.
port=$(in_host bob ss -Hltn | awk -v address="$bob" 'index($4, address ":") == 1 { sub(".*:", "", $4); print $4; exit }')
bring_up carol
is "bob himself is answered over TCP" "$bob" "$(in_host bob dig +tcp +short +time=5 +tries=3 @10.128.0.1 bob.ipop)"
holds "a member reaches bob" pings carol bob
gets_nothing() { [[ $port ]] && ! in_host carol dig +short +tcp +time=2 +tries=1 -p "$port" "@$bob" outside.example | grep -qv '^;'; }
holds "S9: a member who finds the port gets no answer there" gets_nothing
within 10 "and is counted" has_stranger
is "a killed node leaves its block behind" 1 "$(said configure-killed block)"
is "and names resolve with the next start" "$bob" "$(said configure-killed again)"
is "a block that another program wrote over is put back" "$bob" "$(said configure-rewritten again)"
for client in dhclient udhcpc dhcpcd configure configure-killed configure-rewritten; do
  ((failures == 0)) || sed "s/^/# $client: /" "$run/$client.out" "$run/$client.log" | tail -n 30
done
finish
