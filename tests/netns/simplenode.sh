#!/usr/bin/env bash
# The fleet of bootstrap nodes: hosts that have sshd and nothing of ours get the package, the group and a node; what is right
# is left alone; a host that fails is left without a node, and the others go on; an upgrade goes from host to host.
#
#        [admin]
#           |  ssh
#      - internet -
#      |     |     |
#     one   two  three      servers with public addresses, sshd, dpkg, and init scripts in the place of systemd
#
# A server is this machine in namespaces of its own with an overlay over its disk. The package has the programs of this
# build and the real scripts; all of it is installed by the machine's own apt and dpkg.
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
PATH=$PATH:/usr/sbin:/sbin
[[ -x $bin/ga-simplenode ]] || skip "no ga-simplenode in $bin"
for program in sshd ssh ssh-keygen dpkg-deb apt-get strip start-stop-daemon update-rc.d; do
  command -v "$program" >/dev/null || skip "no $program on this machine (packages/check)"
done
release=$(sed -n 's/^VERSION_ID="\{0,1\}\([0-9]*\)"\{0,1\}$/\1/p' /etc/os-release)
[[ $(sed -n 's/^ID=//p' /etc/os-release) == debian && $release ]] || skip "no Debian"
architecture=$(dpkg --print-architecture)

mkdir -p "$run/layers"
mount -t tmpfs tmpfs "$run/layers" 2>/dev/null || skip "no mounts here"
declare -A machine=()
end_machines() {
  local pid
  for pid in "${machine[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  umount -l "$run/layers" 2>/dev/null || true
}
trap 'end_machines; clean_up' EXIT

# --- packages -------------------------------------------------------------------------------------------------------
make_package() { # VERSION FOLDER [SHELL]: SHELL is what its postinst does first
  local tree=$run/layers/tree name
  rm -rf "$tree"
  mkdir -p "$2" "$tree"/{DEBIAN,usr/{bin,sbin,lib/grid-appliance},etc/init.d}
  strip -o "$tree/usr/sbin/ipop-node" "$bin/ipop-node"
  strip -o "$tree/usr/bin/ipop-ctl" "$bin/ipop-ctl"
  cp "$here/../../packaging/init-functions.sh" "$tree/usr/lib/grid-appliance/init-functions"
  cp "$here/../../packaging/resolv-conf.sh" "$tree/usr/lib/grid-appliance/resolv-conf"
  sed 's|@CMAKE_INSTALL_FULL_SBINDIR@|/usr/sbin|; s|@CMAKE_INSTALL_FULL_BINDIR@|/usr/bin|; s|@CMAKE_INSTALL_PREFIX@|/usr|' \
    "$here/../../packaging/ipop-node.init.in" >"$tree/etc/init.d/ipop-node"
  chmod +x "$tree/etc/init.d/ipop-node" "$tree/usr/lib/grid-appliance/resolv-conf"
  cp "$here/../../packaging/debian/ipop.prerm" "$tree/DEBIAN/prerm"
  # What dh_installinit --no-enable puts there.
  sed "1a ${3:-:}
    /^#DEBHELPER#/a update-rc.d ipop-node defaults-disabled >/dev/null" "$here/../../packaging/debian/ipop.postinst" >"$tree/DEBIAN/postinst"
  chmod 755 "$tree/DEBIAN"/*
  printf '%s\n' "Package: ipop" "Version: $1+deb$release" "Architecture: $architecture" "Maintainer: nobody <nobody@example.org>" \
    "Description: the node of this build" >"$tree/DEBIAN/control"
  dpkg-deb --root-owner-group -Znone --build "$tree" "$2/ipop_$1+deb${release}_$architecture.deb" >/dev/null
  rm -rf "$tree"
}
make_package 0.1.0 "$run/layers/debs"

# --- servers --------------------------------------------------------------------------------------------------------
ssh-keygen -q -t ed25519 -N '' -f "$run/user_key"
make_server_machine() { # HOST
  local layer=$run/layers/$1
  mkdir -p "$layer"/{upper,work,root}
  ssh-keygen -q -t ed25519 -N '' -f "$run/$1.key"
  echo "${public_of[$1]} $(<"$run/$1.key.pub")" >>"$run/known_hosts"
  printf '%s\n' "HostKey /etc/ssh/fleet_key" "AuthorizedKeysFile /etc/ssh/fleet_users" "UsePAM no" "StrictModes no" \
    "PidFile none" "SetEnv ASAN_OPTIONS=${ASAN_OPTIONS-}" >"$run/$1.sshd"
  # shellcheck disable=SC2016  # for the shell inside
  (exec ip netns exec "$internet-$1" unshare --mount --pid --uts --fork --kill-child --propagation private bash -euc '
    layer=$1 run=$2 name=$3
    mount -t overlay -o "lowerdir=/,upperdir=$layer/upper,workdir=$layer/work" overlay "$layer/root"
    root=$layer/root
    rm -rf "$root/etc/ipop" "$root/var/lib/ipop" "$root/usr/sbin/policy-rc.d"
    mkdir -p "$root/etc/ssh" "$root/old"
    cp "$run/$name.key" "$root/etc/ssh/fleet_key" && chmod 600 "$root/etc/ssh/fleet_key"
    cp "$run/user_key.pub" "$root/etc/ssh/fleet_users"
    cp "$run/$name.sshd" "$root/etc/ssh/fleet_config"
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    # What this machine does when somebody logs in is not to be done there.
    mount -t tmpfs -o mode=700 tmpfs "$root/root"
    cd "$root"
    pivot_root . old
    umount -l /old
    hostname "$name"
    mkdir -p /run/sshd
    exec /usr/sbin/sshd -D -e -f /etc/ssh/fleet_config' machine "$layer" "$run" "$1") >"$run/$1.sshd.log" 2>&1 </dev/null &
  machine[$1]=$!
  disown
}
on() { in_host admin ssh -F "$run/ssh_config" "$@"; }
reaches() { on "$1" true; }
fleet() { in_host admin "$bin/ga-simplenode" --ssh-config "$run/ssh_config" "$@"; }
process_of() { on "$1" cat /run/ipop-node-demo.pid; }

make_internet
for host in one two three admin; do make_server "$host"; done
make_group one two
{
  for host in one two three; do printf 'Host %s\n  HostName %s\n' "$host" "${public_of[$host]}"; done
  printf '%s\n' "Host *" "  User root" "  IdentityFile $run/user_key" "  IdentitiesOnly yes" \
    "  UserKnownHostsFile $run/known_hosts" "  GlobalKnownHostsFile /dev/null" "  LogLevel ERROR"
} >"$run/ssh_config"
for host in one two three; do make_server_machine "$host"; done
for host in one two three; do within 10 "$host lets in who has the key" reaches "$host"; done
((failures == 0)) || { tail -n 5 "$run"/*.sshd.log; finish; }
holds "there is nothing of ours on it" on one '! command -v ipop-node && ! dpkg -s ipop'

# --- install --------------------------------------------------------------------------------------------------------
install() { fleet install "$@" --group "$run/group.toml" --packages "$run/layers/debs"; }
is "a dry run says what a host lacks" "one: install ipop_0.1.0+deb${release}_$architecture.deb
one: write the file of the group demo
one: set no_tap = true
one: start the node on UDP port 4700" "$(install one --dry-run --port 4700)"
holds "and changes nothing" on one '! command -v ipop-node && ! test -e /etc/ipop'
install one two --plain >"$run/table" 2>"$run/said"
is "a group is installed on two hosts" 0 $?
grep -v '^ok' "$run/said" | sed 's/^/# /'
is "each says what was done" "installed ipop 0.1.0+deb$release, wrote its node's settings, wrote its group file, started the node" \
  "$(sed -n 's/^two: //p' "$run/said")"
is "the table has both, with a link between them" "one good demo 0.1.0+deb$release 1
two good demo 0.1.0+deb$release 1" "$(cut -f 1-4,7 "$run/table" | tr '\t' ' ')"
is "the node has no interface, and the port of the group" "no_tap = true|port = 4700" \
  "$(on two 'cat /etc/ipop/node/demo.toml; grep ^port /etc/ipop/demo.toml' | paste -sd'|')"
holds "it starts with the host" on one 'ls /etc/rc2.d/S??ipop-node'
is "nothing of what was sent is left" "" "$(on one 'ls /tmp')"
before=$(process_of one)
install one two >"$run/table" 2>"$run/said"
is "what is right is left alone" "0 one: has all of it two: has all of it $before" \
  "$? $(sort "$run/said" | paste -sd' ') $(process_of one)"

# --- a host that fails ----------------------------------------------------------------------------------------------
on three 'echo $$ >/run/holder; exec python3 -c "
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((\"0.0.0.0\", 4700))
time.sleep(600)"' >/dev/null 2>&1 &
holder=$!
holds_port() { on three 'grep -q :125C /proc/net/udp'; }
within 10 "a program on three has the node's port" holds_port
sed -i 's/^prefix.*/&\nrelay_share = 50/' "$run/group.toml"
install one three --plain >"$run/table" 2>"$run/said"
is "an installation that fails on one host goes on with the others" "7 one: has all of it" "$? $(grep '^one:' "$run/said")"
holds "it says at which step, and why" grep -q '^ga-simplenode: three: check: .*4700' "$run/said"
is "the host is in the table as one that failed" "three failed" "$(sed -n 's/^three\t\([^\t]*\)\t.*/three \1/p' "$run/table")"
holds "there is no node on it, and nothing of the group" on three \
  '! pgrep -x ipop-node && ! test -e /etc/ipop/demo.toml && ! test -e /etc/ipop/node/demo.toml'
# shellcheck disable=SC2016  # for the shell there
on three 'kill "$(cat /run/holder)"'
wait "$holder" 2>/dev/null
within 10 "the port is free again" eval '! holds_port'
install three --plain >"$run/table" 2>"$run/said"
is "the same command goes on from there" "0 good" "$? $(cut -f 2 "$run/table")"
sed 's/^namespace = .*/namespace = "another"/' "$run/group.toml" >"$run/other.toml"
fleet install one --group "$run/other.toml" >"$run/table" 2>"$run/said"
is "another group of that name is refused" \
  "1 ga-simplenode: one: has another group called demo; --replace puts yours in its place" "$? $(<"$run/said")"
mkdir "$run/bad"
echo nothing >"$run/bad/ipop_9+deb${release}_$architecture.deb"
on two '/etc/init.d/ipop-node stop; dpkg --purge ipop' >/dev/null 2>&1
fleet install two --group "$run/group.toml" --packages "$run/bad" >"$run/table" 2>"$run/said"
is "a file that is no package is not sent" "1 ga-simplenode: two: $run/bad/ipop_9+deb${release}_$architecture.deb is no Debian package" \
  "$? $(<"$run/said")"
install two --plain >"$run/table" 2>"$run/said"
is "a host from which it was taken gets it again" "0 good" "$? $(cut -f 2 "$run/table")"

# --- upgrade --------------------------------------------------------------------------------------------------------
make_package 0.2.0 "$run/layers/newer"
make_package 0.3.0 "$run/layers/broken" 'echo "it can not be configured" >\&2; exit 1'
version_on() { on "$1" "dpkg-query -W -f '\${Version}' ipop"; }
upgrade() { fleet upgrade one two three --packages "$@" --plain >"$run/table" 2>"$run/said"; }
upgrade "$run/layers/newer" --at-once 3
is "no upgrade takes all hosts at once" "2 ga-simplenode: --at-once 3 would take all 3 hosts away at the same time" "$? $(<"$run/said")"
is "a dry run says what each would get" "one: upgrade ipop from 0.1.0+deb$release to 0.2.0+deb$release" \
  "$(fleet upgrade one --packages "$run/layers/newer" --dry-run)"
on three /etc/init.d/ipop-node stop
upgrade "$run/layers/newer"
is "while a node is gone no other is touched" "1 0.1.0+deb$release" "$? $(version_on one)"
holds "and it is said which" grep -q '^ga-simplenode: three: the node of demo is silent' "$run/said"
on three /etc/init.d/ipop-node start
before=$(process_of one)
upgrade "$run/layers/newer"
is "the fleet is upgraded" 0 $?
is "one host after the other" "one two three" "$(sed -n 's/: went from ipop .*//p' "$run/said" | paste -sd' ')"
is "to another version, and each node has its links again" "good 0.2.0+deb$release" "$(cut -f 2,4 "$run/table" | sort -u | tr '\t' ' ')"
holds "by another process" test "$before" != "$(process_of one)"
upgrade "$run/layers/newer"
is "what is right is left alone" "0 has all of it" "$? $(sed 's/^[a-z]*: //' "$run/said" | sort -u)"
upgrade "$run/layers/debs"
is "an older version is refused" "1 0.2.0+deb$release" "$? $(version_on one)"
upgrade "$run/layers/debs" --downgrade --at-once 2
is "unless it was asked for" "0 0.1.0+deb$release" "$? $(version_on three)"
upgrade "$run/layers/broken"
is "an upgrade that fails stops" "1 0.1.0+deb$release" "$? $(version_on two)"
is "it says where and why, and who was not tried" "one: upgrade: two: not tried, since another host failed" \
  "$(sed -n 's/^ga-simplenode: \(one: upgrade: \).*/\1/p; s/^ga-simplenode: \(two: .*\)/\1/p' "$run/said" | tr -d '\n')"
holds "the others run" on two ipop-ctl --group demo status
upgrade "$run/layers/newer" --downgrade
is "the next one mends it" "0 0.2.0+deb$release" "$? $(version_on one)"
fleet status one two three >"$run/table"
is "all answer" 0 $?
sed 's/^/# /' "$run/table"
finish
