#!/usr/bin/env bash
# Names of the group and of outside on whole machines, whose network is configured by what Debian has for that: clients
# of the node's DHCP server, and `--configure` with each of the ways to tell the machine's resolver, from the
# installed unit in its own sandbox.
#
#   manager, networkd, resolved, resolvconf, openresolv, dnsmasq, block -- [home: cone] -- internet -- relay,
#   names (a name server)
#   bob -- [lab: cone]
# shellcheck disable=SC2034  # read by common.bash
root_kind=names
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
reason=$(has_systemd) || skip "$reason"
command -v cmake >/dev/null || skip "no cmake on this machine"

machines=(manager networkd resolved resolvconf openresolv dnsmasq block)
make_internet
make_server relay
make_server names
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_host bob lab
for host in "${machines[@]}"; do make_host "$host" home; done
make_group relay
start_node relay --no-tap
outside=${public_of[names]}
in_host names "$here/../netns/name_server.py" "$outside" >"$run/names.log" 2>&1 </dev/null &
disown
serves() { in_host names dig +short +time=1 +tries=1 "@$outside" outside.example | grep -q 192.0.2.80; }
needs 20 "the outside world has a name server" serves
bring_up bob
bob=$(virtual_address bob)
install_tree
is_up() { [[ $(unit "$1" is-system-running) =~ ^(running|degraded)$ ]]; }
property() { unit "$1" show --value -p "$3" "$2"; }
active() { [[ $(unit "$1" is-active "$2") == active ]]; }
node=ipop-node@demo

boot "${machines[@]}"
# A Debian that has booted, with the group's file; nothing configures its names yet but a line of its owner.
booted() { # HOST
  put_tree "$1"
  mkdir -p "$(files_of "$1")/etc/ipop"
  cp "$run/group.toml" "$(files_of "$1")/etc/ipop/demo.toml"
  echo "nameserver $outside" >"$(files_of "$1")/etc/resolv.conf"
  on "$1" groupadd --system ga
}
# As for a machine whose own client asks the node: the unit without --configure.
without_configure() {
  mkdir -p "$(files_of "$1")/etc/systemd/system/$node.service.d"
  printf '[Service]\nExecStart=\nExecStart=/usr/local/sbin/ipop-node --group demo --tap ipop0\n' \
    >"$(files_of "$1")/etc/systemd/system/$node.service.d/client.conf"
  unit "$1" daemon-reload
}
starts() {
  holds "$1: the node's unit starts" unit "$1" start "$node"
  within 30 "$1: it holds an address" on "$1" ipop-ctl --group demo wait lease --timeout 20s
}
address_there() { on "$1" getent ahostsv4 "$2" | awk '$2 == "STREAM" { print $1; exit }'; }
finds() { [[ $(address_there "$1" "$2") == "$3" ]]; }
# What the node's unit writes is for everybody.
user_finds() { [[ $(as_user "$1" getent ahostsv4 "$2" | awk '$2 == "STREAM" { print $1; exit }') == "$3" ]]; }
finds_both() { # HOST [WHEN]
  within 20 "$1: a name of the group${2:-}" finds "$1" bob.ipop "$bob"
  within 20 "$1: a name of outside${2:-}" finds "$1" outside.example 192.0.2.80
  holds "$1: and so does an ordinary user${2:-}" user_finds "$1" bob.ipop "$bob"
}
stops() {
  holds "$1: the node's unit stops" unit "$1" stop "$node"
  is "$1: it ended well" success "$(property "$1" "$node" Result)"
}
killed() { # HOST: killed, and started again by systemd
  local before
  before=$(property "$1" "$node" MainPID)
  unit "$1" kill --signal=KILL --kill-whom=main "$node"
  another() { [[ $(property "$1" "$node" MainPID) != "$before" ]] && active "$1" "$node"; }
  within 30 "$1: a node that is killed is started again" another "$1"
}
has_address() { ip -n "$internet-$1" -4 -o addr show dev ipop0 2>/dev/null | grep -q ' inet 10\.'; }
has_no_interface() { ! ip -n "$internet-$1" -o link show dev ipop0 >/dev/null 2>&1; }
# The resolver's own word for an interface: `dns` or `domain`.
of_link() { on "$1" resolvectl "$2" ipop0 2>/dev/null | sed 's/^Link [0-9]* (ipop0): *//'; }
is_of_link() { [[ $(of_link "$1" "$2") == "$3" ]]; }
lines_of() { on "$1" grep -c "^nameserver ${2//./\\.}$" /etc/resolv.conf; }
# What the unit that writes resolv.conf leaves after the node's has stopped.
has_only_outside() { [[ $(on "$1" grep -v '^#' /etc/resolv.conf) == "nameserver $outside" ]]; }
has_lines() { [[ $(lines_of "$1" "$2") == "$3" ]]; }

# --- clients of the node's DHCP server ---------------------------------------------------------------------------
booted manager
without_configure manager
starts manager
cat >"$(files_of manager)/etc/NetworkManager/conf.d/only.conf" <<CONF
[main]
plugins=keyfile
rc-manager=file
[keyfile]
unmanaged-devices=except:interface-name:ipop0
CONF
holds "manager: NetworkManager starts" unit manager start NetworkManager
holds "manager: it configures the interface by DHCP" on manager nmcli --wait 60 connection add type tun ifname ipop0 con-name group \
  mode tap tun.vnet-hdr yes ipv4.method auto ipv6.method disabled connection.autoconnect yes
# The node made the interface, so NetworkManager takes it over when it is told to.
holds "manager: and takes the interface over" on manager nmcli --wait 60 connection up group ifname ipop0
needs 60 "manager: the interface has its address" has_address manager
finds_both manager
holds "manager: the node's name server stands in resolv.conf" grep -q '^nameserver 10.128.0.1$' "$(files_of manager)/etc/resolv.conf"
stops manager

booted networkd
without_configure networkd
cat >"$(files_of networkd)/etc/systemd/network/group.network" <<CONF
[Match]
Name=ipop0
[Network]
DHCP=ipv4
LinkLocalAddressing=no
CONF
printf '[Resolve]\nDNS=%s\nFallbackDNS=\n' "$outside" >"$(files_of networkd)/etc/systemd/resolved.conf"
on networkd ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
holds "networkd: resolved and networkd start" unit networkd start systemd-resolved systemd-networkd
starts networkd
needs 60 "networkd: the interface has its address" has_address networkd
finds_both networkd
within 20 "networkd: resolved asks the node on that interface" is_of_link networkd dns 10.128.0.1
stops networkd

# --- --configure, from the unit: systemd-resolved ----------------------------------------------------------------
booted resolved
printf '[Resolve]\nDNS=%s\nFallbackDNS=\n' "$outside" >"$(files_of resolved)/etc/systemd/resolved.conf"
on resolved ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
holds "resolved: it starts" unit resolved start systemd-resolved
starts resolved
within 20 "resolved: asks the node for the group's domain" is_of_link resolved domain '~ipop'
within 20 "resolved: at the node's server" is_of_link resolved dns 10.128.0.1
is_not_asked_else() { [[ $(on resolved resolvectl default-route ipop0 | sed 's/.*: //') == no ]]; }
within 20 "resolved: and for nothing else" is_not_asked_else
finds_both resolved
killed resolved
within 20 "resolved: asks the node again" is_of_link resolved domain '~ipop'
finds_both resolved " after the kill"
unit resolved restart systemd-resolved
within 20 "resolved: it comes back and asks the node" is_of_link resolved domain '~ipop'
finds_both resolved " after its own restart"
stops resolved
within 10 "resolved: the interface is gone, and the domain with it" has_no_interface resolved
holds "resolved: a name of outside is still found" finds resolved outside.example 192.0.2.80

# --- resolvconf, and openresolv, which has its place ---------------------------------------------------------------
has_its_resolvconf() { # HOST PACKAGE...: those in folders of /opt, instead of systemd-resolved's
  local package
  booted "$1"
  for package in "${@:2}"; do cp -a --remove-destination "$(files_of "$1")/opt/$package/." "$(files_of "$1")/"; done
}
# What the package does as it is installed.
enables_resolvconf() { # HOST
  on "$1" sh -c 'mkdir -p /run/resolvconf/interface; resolvconf --enable-updates
    ln -sf /run/resolvconf/resolv.conf /etc/resolv.conf'
}
registered_with_resolvconf() { # HOST
  on "$1" sh -c 'echo "nameserver $0" | resolvconf -a eth0.dhclient' "$outside"
  is "$1: the machine's own server" 1 "$(lines_of "$1" "$outside")"
  starts "$1"
  within 20 "$1: the node's server stands in resolv.conf" has_lines "$1" 10.128.0.1 1
  finds_both "$1"
  killed "$1"
  finds_both "$1" " after the kill"
  stops "$1"
  within 20 "$1: its resolv.conf is as it was" has_only_outside "$1"
}
has_its_resolvconf resolvconf resolvconf
enables_resolvconf resolvconf
registered_with_resolvconf resolvconf

has_its_resolvconf openresolv openresolv
registered_with_resolvconf openresolv

# --- a dnsmasq of the machine's own under resolvconf: it alone is asked, and asks whom its file names ----------------
has_its_resolvconf dnsmasq resolvconf dnsmasq
enables_resolvconf dnsmasq
on dnsmasq sh -c 'echo "nameserver $0" | resolvconf -a eth0.dhclient' "$outside"
unit dnsmasq daemon-reload
holds "dnsmasq: it starts" unit dnsmasq start dnsmasq
its_servers() { on dnsmasq sed -n 's/^nameserver //p' /run/dnsmasq/resolv.conf | tr '\n' ' '; }
asks() { [[ $(its_servers) == "$1 " ]]; }
within 20 "dnsmasq: it asks the machine's server" asks "$outside"
asks_itself() { [[ $(on dnsmasq grep -v '^#' /etc/resolv.conf) == "nameserver 127.0.0.1" ]]; }
within 20 "dnsmasq: the machine asks it, and nobody else" asks_itself
within 20 "dnsmasq: a name of outside without a node" finds dnsmasq outside.example 192.0.2.80
starts dnsmasq
within 20 "dnsmasq: it asks the node" asks 10.128.0.1
finds_both dnsmasq
within 20 "dnsmasq: the machine asks it still" asks_itself
killed dnsmasq
within 20 "dnsmasq: it asks the node again" asks 10.128.0.1
finds_both dnsmasq " after the kill"
stops dnsmasq
within 20 "dnsmasq: it asks the machine's server again" asks "$outside"
holds "dnsmasq: a name of outside is still found" finds dnsmasq outside.example 192.0.2.80

# --- a block in resolv.conf --------------------------------------------------------------------------------------
booted block
starts block
within 20 "block: the node's server stands in resolv.conf" has_lines block 10.128.0.1 1
finds_both block
killed block
finds_both block " after the kill"
is "block: it stands there once" 1 "$(lines_of block 10.128.0.1)"
# As dhclient-script does with each lease of the physical network.
on block sh -c 'echo "nameserver $0" >/etc/resolv.conf.new; mv /etc/resolv.conf.new /etc/resolv.conf' "$outside"
within 30 "block: who puts another file there gets it put back" has_lines block 10.128.0.1 1
finds_both block " after that"
stops block
within 20 "block: resolv.conf is as it was" has_only_outside block
finish
