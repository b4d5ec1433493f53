#!/usr/bin/env bash
# A machine without systemd: BusyBox's init as its first process, the init scripts in the order that their headers ask
# for. The firewall is there before the network, the node before what asks it; a stop takes all of it away again.
#
#   process 1: busybox init -- rc S: ga-firewall, networking -- rc 2: ipop-node, ipop-dns, ipop-dhcp, ga-authority, ga-condorcfg
#
# The machine is this one in namespaces of its own, with /etc, /var and /run of its own over it, and no other script.
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
busybox init --help >/dev/null 2>&1 || skip "no busybox with init on this machine"
command -v start-stop-daemon >/dev/null || skip "no start-stop-daemon on this machine"
mkdir -p "$run/layer" "$run/scripts"
mount -t tmpfs tmpfs "$run/layer" 2>/dev/null || skip "no mounts here"
unmount_layer() {
  [[ ! ${machine-} ]] || kill -KILL "$machine" 2>/dev/null || true
  umount -l "$run/layer" 2>/dev/null || true
}
trap 'unmount_layer; clean_up' EXIT
mkdir -p "$run/layer"/{etc,etc.work,var,var.work,bin}
# Wherever the tree stands: what is mounted below /var is not to be seen in the machine.
mount --bind "$bin" "$run/layer/bin" || skip "no mounts here"
bin=$run/layer/bin

# What `make install` would put there, with the programs of this build.
lib=$run/layer/usr/lib/grid-appliance
mkdir -p "$lib"
cp "$here/../../packaging/init-functions.sh" "$lib/init-functions"
cp "$here/../../packaging/resolv-conf.sh" "$lib/resolv-conf"
chmod +x "$lib/resolv-conf"
for script in ga-firewall ipop-node ipop-dns ipop-dhcp ga-authority ga-condorcfg; do
  sed "s|@CMAKE_INSTALL_FULL_S*BINDIR@|$bin|; s|@CMAKE_INSTALL_PREFIX@|$run/layer/usr|" \
    "$here/../../packaging/$script.init.in" >"$run/scripts/$script"
done
cat >"$run/scripts/networking" <<'NETWORKING'
#!/bin/sh
### BEGIN INIT INFO
# Provides:          networking
# Required-Start:    $local_fs
# Default-Start:     S
### END INIT INFO
if [ "$1" = start ]; then
  nft list tables | grep -q . && echo "rules before the network" >>/run/order
  ip link set lo up
fi
NETWORKING
# rc LEVEL: starts the scripts of a level, or stops all at level 0, each after those that it needs.
cat >"$run/scripts/rc" <<'RC'
#!/bin/bash
cd /etc/init.d || exit
field() { sed -n "s/^# $2:[[:space:]]*//p" "$1"; }
scripts() { grep -l 'BEGIN INIT INFO' ./* | grep -v '/rc$' | xargs -n 1 basename; }
pairs() {
  for script in $(scripts); do
    echo "$script $script"
    for needed in $(field "$script" Required-Start) $(field "$script" Should-Start); do
      [ "$needed" != "\$network" ] || needed=networking
      [ ! -e "$needed" ] || echo "$needed $script"
    done
    [ "$(field "$script" X-Start-Before)" != "\$network" ] || echo "$script networking"
  done
}
ordered=$(pairs | tsort)
verb=start
[ "$1" != 0 ] || { verb=stop; ordered=$(tac <<<"$ordered"); }
for script in $ordered; do
  [ "$verb" = stop ] || grep -qw "$1" <<<"$(field "$script" Default-Start)" || continue
  sh "$script" "$verb" >>"/var/log/$script.said" 2>&1
  echo "$verb $script $?" >>/run/order
done
echo "$verb $1 done" >>/run/order
RC
chmod +x "$run/scripts"/*
printf '%s\n' '::sysinit:/etc/init.d/rc S' '::wait:/etc/init.d/rc 2' '::shutdown:/etc/init.d/rc 0' >"$run/layer/etc/inittab"
mkdir -p "$run/layer/etc/default" "$run/layer/var/log"

# What an administrator would have typed before.
cat >"$run/prepare" <<PREPARE
set -e
mount -t overlay -o lowerdir=/etc,upperdir=$run/layer/etc,workdir=$run/layer/etc.work overlay /etc
mount -t overlay -o lowerdir=/var,upperdir=$run/layer/var,workdir=$run/layer/var.work overlay /var
mount --bind $run/scripts /etc/init.d
mount -t tmpfs tmpfs /run
rm -rf /etc/ipop /etc/ga /var/lib/ipop /var/lib/ga
ip link set lo up
$bin/ga-group new lab --port 25000 --bootstrap 127.0.0.1:25000
mkdir -p /etc/ipop/node
$bin/ipop-dhcp config --group lab
$bin/ga-firewall apply --yes
$bin/ga-firewall remove --keep
ip link set lo down
echo "IPOP_DNS_OPTIONS='--listen 127.0.0.1:5353 --group lab'" >/etc/default/ipop-dns
echo "IPOP_DHCP_OPTIONS='--listen 127.0.0.1:8067'" >/etc/default/ipop-dhcp
exec busybox init
PREPARE
unshare --mount --pid --net --uts --fork --kill-child --mount-proc bash "$run/prepare" >"$run/init.log" 2>&1 &
outer=$!
first_process() { machine=$(pgrep -P "$outer" | head -n 1) && [[ $machine && $(</proc/"$machine"/comm) == busybox ]]; }
# shellcheck disable=SC2317  # by within
has_started() { grep -q 'start 2 done' "/proc/$machine/root/run/order"; }
within 30 "the machine has BusyBox's init as its first process" first_process
first_process || { tail -n 5 "$run/init.log"; finish; }
inside() { nsenter --target "$machine" --mount --pid --net --uts "$@"; }
within 60 "all scripts have started" has_started
order=$(inside cat /run/order)
line() { grep -nx "start $1 0" <<<"$order" | cut -d: -f1; }
holds "the firewall's rules are there before the network" grep -q 'rules before the network' <<<"$order"
holds "the node starts after the network" test "$(line networking)" -lt "$(line ipop-node)"
holds "the name server and the lease server start" test "$(line ipop-dns)" -a "$(line ipop-dhcp)"
holds "the name server after the node" test "$(line ipop-node)" -lt "$(line ipop-dns)"
is "what is not configured says so, and stops nothing" "start ga-authority 6 start ga-condorcfg 6" \
  "$(grep -E 'start (ga-authority|ga-condorcfg) ' <<<"$order" | sort | paste -sd' ')"
holds "a node is ready when its script ends: it has an address" inside "$bin/ipop-ctl" --group lab status
for script in ipop-node ipop-dns ipop-dhcp ga-firewall; do
  holds "$script says that it runs" inside sh "/etc/init.d/$script" status
done
holds "a report has the end of its log" grep -q 'the end of /var/log/ipop-node-lab.log' <(inside "$bin/ga" bugreport)
holds "the name server answers" inside "$bin/ipop-dns" --group lab list
node=$(inside cat /run/ipop-node-lab.pid)
holds "a second start changes nothing" inside sh /etc/init.d/ipop-node start
is "it is the same node" "$node" "$(inside cat /run/ipop-node-lab.pid)"
holds "try-restart starts another one" inside sh /etc/init.d/ipop-node try-restart
holds "it is another one" test "$node" != "$(inside cat /run/ipop-node-lab.pid)"
inside nft flush ruleset
# shellcheck disable=SC2317  # by within
has_rules() { inside nft list tables | grep -q .; }
within 10 "rules that another program takes away come back" has_rules
holds "a restart of the firewall" inside sh /etc/init.d/ga-firewall restart
holds "leaves the rules" has_rules

# The machine goes down as a person would have it: all is stopped in the other order.
inside cat /run/order >"$run/order"
inside busybox poweroff
# shellcheck disable=SC2317  # by within
has_stopped() { ! kill -0 "$outer" 2>/dev/null; }
inside tail -f /run/order >>"$run/order" 2>/dev/null &
within 60 "the machine goes down" has_stopped
order=$(<"$run/order")
holds "the node is stopped after the name server" bash -c \
  "sed -n '/^stop/p' '$run/order' | awk '{ at[\$2] = NR } END { exit !(at[\"ipop-dns\"] && at[\"ipop-dns\"] < at[\"ipop-node\"]) }'"
holds "no stop fails" bash -c "! grep -E '^stop [a-z-]+ [1-9]' '$run/order'"
machine=
finish
