# shellcheck shell=bash
# life.sh FOLDER RELEASE - the life of the packages on a machine that has nothing of ours; scripts/check_packages runs it
# there. FOLDER has three repositories: one, two (a newer version beside the first), forged.
set -uo pipefail
work=$1 release=$2
tests=0 failures=0
export DEBIAN_FRONTEND=noninteractive
packages=(ipop grid-appliance grid-appliance-pool grid-appliance-tools grid-appliance-doc)

result() {
  tests=$((tests + 1))
  if (($1 == 0)); then echo "ok $tests $2"; else echo "not ok $tests $2" && failures=$((failures + 1)); fi
}
holds() {
  local name=$1 output status=0
  shift
  output=$("$@" 2>&1 </dev/null) || status=$?
  result "$status" "$name"
  ((status == 0)) || tail -n 12 <<<"$output" | sed 's/^/# /'
}
is() {
  [[ $2 == "$3" ]]
  result $? "$1"
  [[ $2 == "$3" ]] || diff <(echo "$2") <(echo "$3") | head -n 20 | sed 's/^/# /'
}
files() { # all that a package or a program of ours may leave; not apt's and dpkg's own books
  find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path "$work" -o -path /var/lib/dpkg \
    -o -path /var/lib/apt -o -path /var/cache -o -path /var/log -o -path /root \) -prune -o \
    ! -name '*.pyc' ! -path '/etc/group*' ! -path '/etc/gshadow*' ! -path '/etc/passwd*' ! -path '/etc/shadow*' \
    ! -path '/etc/.pwd.lock' ! -path '/etc/ld.so.cache' ! -path /var/lib/systemd/deb-systemd\* ! -path '/etc/subuid*' ! -path '/etc/subgid*' -print | sort
}
source_is() { # REPOSITORY: apt's list of it is read
  echo "deb [signed-by=/etc/apt/keyrings/grid-appliance.gpg] file:$work/$1 $release main" >/etc/apt/sources.list.d/grid-appliance.list
  apt-get update
}
version() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null; }

# --- a repository that is not what was signed ----------------------------------------------------------------
mkdir -p /etc/apt/keyrings
cp "$work/one/grid-appliance.gpg" /etc/apt/keyrings/
forged() { local said; said=$(source_is forged 2>&1); grep -q 'Hash Sum mismatch\|unexpected size' <<<"$said"; }
holds "a repository whose list was changed is refused" forged
rm -rf /var/lib/apt/lists/*
rm /etc/apt/sources.list.d/grid-appliance.list
apt-get update >/dev/null 2>&1

# --- install ------------------------------------------------------------------------------------------------
# What ours need of Debian stays out of the comparison.
needed=$(for deb in "$work"/one/pool/"$release"/*.deb; do dpkg-deb -f "$deb" Depends; done |
  tr ',' '\n' | sed 's/|.*//; s/(.*//; s/ //g' | grep -vxF -f <(printf '%s\n' "${packages[@]}") | sort -u)
# shellcheck disable=SC2086  # words
holds "what the packages need is in Debian" apt-get install --yes --no-install-recommends $needed
files >/tmp/before
holds "the repository is read" source_is one
holds "all packages are installed, and nothing is asked" apt-get install --yes --no-install-recommends "${packages[@]}"
holds "dpkg finds nothing missing or changed" dpkg --verify "${packages[@]}"
first=$(version ipop)
for program in ipop-node ipop-ctl ipop-dns ipop-dhcp ga ga-cert ga-condorcfg ga-firewall ga-group ga-layer ga-pingtest ga-simplenode ga-update; do
  holds "$program runs" "$program" --version
done
holds "the group ga is there" getent group ga
holds "and the accounts of slots" getent passwd ga-slot1
is "units name programs that are there" "" "$(sed -n 's/^Exec[A-Za-z]*=[-+@]*\(\/[^ ]*\).*/\1/p' /lib/systemd/system/{ipop,ga}-* |
  sort -u | while IFS= read -r program; do [[ -x $program ]] || echo "$program"; done)"

# --- a machine that is used, upgraded and set back ------------------------------------------------------------
holds "a group is made" ga-group new lab --port 25000 --bootstrap 198.51.100.7:25000
mkdir -p /etc/ga
echo 'roles = ["worker"]' >/etc/ga/pool.toml
ipop-node --group lab --no-tap --first >/tmp/node.log 2>&1 &
node=$!
within() {
  local seconds=$1 began=$SECONDS
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS - began < seconds)) || return 1
    sleep 0.2
  done
}
holds "a node runs" within 60 ipop-ctl --group lab status
state() { sha256sum /etc/ipop/lab.toml /etc/ga/pool.toml /var/lib/ipop/lab/key.pem; }
before=$(state)
holds "a newer version is offered" source_is two
holds "all are upgraded, and nothing is asked" apt-get upgrade --yes
holds "to another version" test "$(version ipop)" != "$first"
is "settings and keys stay" "$before" "$(state)"
holds "the node that runs goes on" ipop-ctl --group lab status
downgrade() { apt-get install --yes --allow-downgrades --no-install-recommends "${packages[@]/%/=$first}"; }
holds "they are set back to the version before" downgrade
is "which they are at" "$first" "$(version ipop)"
is "settings and keys stay then too" "$before" "$(state)"
holds "and the node goes on" ipop-ctl --group lab status
kill "$node"
wait "$node"

# --- remove, purge --------------------------------------------------------------------------------------------
holds "they are removed" apt-get remove --yes "${packages[@]}"
is "no program is left" "" "$(ls /usr/bin/ga* /usr/bin/ipop* /usr/sbin/ga-* /usr/sbin/ipop-* 2>/dev/null)"
is "settings and keys are" "$before" "$(state)"
holds "installed again" apt-get install --yes --no-install-recommends "${packages[@]}"
is "the machine is what it was" "$before" "$(state)"
holds "they are purged" apt-get purge --yes "${packages[@]}"
rm -f /etc/apt/sources.list.d/grid-appliance.list
files >/tmp/after
is "nothing is left" "$(</tmp/before)" "$(</tmp/after)"
echo "1..$tests"
exit $((failures > 0))
