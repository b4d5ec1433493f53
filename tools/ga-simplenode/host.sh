#!/bin/sh
# host.sh VERB [GROUP] - what ga-simplenode runs on a host, sent by ssh. It writes lines `@ga KEY VALUE`, the last of which
# is `@ga end`.
#
#   report            what there is to know of the host and its nodes
#   look GROUP        that, and what an installation may find there
#   install GROUP     puts what lies beside this file where it belongs, and starts the node: debs/ and their sums,
#                     source.list and key.gpg or key.asc, group.toml, settings.toml
#   join GROUP        waits until the group's node has a link, then reports
#   upgrade           installs debs/, or what apt has that is newer, and waits until the nodes are back with their links
#   downgrade         likewise, also with older packages
set -u
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
LC_ALL=C DEBIAN_FRONTEND=noninteractive
export PATH LC_ALL DEBIAN_FRONTEND
verb=$1 group=${2-}
packages='ipop grid-appliance grid-appliance-pool grid-appliance-tools grid-appliance-doc'
list=/etc/apt/sources.list.d/grid-appliance.list
# A node that comes up says so within this time; one that finds no other member is as far as it gets.
patience=60s

say() { printf '@ga %s\n' "$*"; }

# --- what there is ------------------------------------------------------------------------------------------------

groups() { # of which there is a file, or a node that was started in another way
  for path in /etc/ipop/*.toml /run/ipop/*.sock; do
    [ -e "$path" ] || continue
    name=${path##*/}
    echo "${name%.*}"
  done | sort -u
}

# What is wrong with a node, in a line.
complaint_of() { ipop-ctl --group "$1" --timeout 5s status 2>&1 >/dev/null | head -n 1; }
is_replaced() { case $(complaint_of "$1") in *"program was replaced"*) ;; *) false ;; esac }

say_node() {
  answer=$(ipop-ctl --group "$1" --timeout 5s --json status 2>/dev/null | tr '\n' ' ')
  what_is_wrong=$(complaint_of "$1")
  if [ -z "$answer" ]; then
    say silent "$1" "$what_is_wrong"
    return
  fi
  say node "$1" "$answer"
  case $what_is_wrong in *"program was replaced"*) say replaced "$1" ;; esac
}

value_of() { sed -n "s/^$1=//p" /etc/os-release 2>/dev/null | tr -d '"'; }

report() {
  if [ "$(id -u)" = 0 ]; then say root yes; else say root no; fi
  say system "$(value_of ID) $(value_of VERSION_ID)"
  say codename "$(value_of VERSION_CODENAME)"
  say architecture "$(dpkg --print-architecture 2>/dev/null)"
  for package in $packages; do
    version=$(version_of "$package")
    [ -z "$version" ] || say package "$package" "$version"
  done
  say load "$(cat /proc/loadavg)"
  say processors "$(nproc)"
  say memory "$(awk '$1 == "MemTotal:" { all = $2 } $1 == "MemAvailable:" { free = $2 } END { print all, free }' /proc/meminfo)"
  say uptime "$(cut -d. -f1 /proc/uptime)"
  for name in $(groups); do say_node "$name"; done
  say end
}

# One that stopped half-way is before its own version, so that an upgrade goes on with it.
version_of() {
  dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null |
    sed -nE 's/^installed //p; s/^(half-[a-z]+|unpacked) (.+)/\2~\1/p'
}

say_file() { # KEY FILE
  [ ! -r "$2" ] || say "$1" "$(head -c 65536 "$2" | base64 | tr -d '\n')"
}

look() {
  say_file config "/etc/ipop/$group.toml"
  say_file settings "/etc/ipop/node/$group.toml"
  say_file source "$list"
  for key in gpg asc; do
    key=/etc/apt/keyrings/grid-appliance.$key
    [ ! -r "$key" ] || say key "$(sha256sum <"$key" | cut -d' ' -f1)"
  done
  [ ! -e "/var/lib/ipop/$group/certificate.pem" ] || say certificate yes
  ! is_enabled || say enabled yes
  report
}

# --- the node, with systemd or without ----------------------------------------------------------------------------

has_systemd() { [ -d /run/systemd/system ]; }
is_enabled() {
  if has_systemd; then
    systemctl is-enabled --quiet "ipop-node@$group.service" 2>/dev/null
  else
    ls /etc/rc[2-5].d/S??ipop-node >/dev/null 2>&1
  fi
}
enable_node() {
  if has_systemd; then systemctl enable --quiet "ipop-node@$group.service"; else update-rc.d ipop-node enable; fi
}
answers() { ipop-ctl --group "$1" --timeout 5s status >/dev/null 2>&1; }
# Comes back when the node is ready, or has looked for others for as long as its unit or script lets it.
start_node() {
  if has_systemd; then systemctl restart "ipop-node@$group.service"
  elif answers "$group"; then /etc/init.d/ipop-node try-restart && /etc/init.d/ipop-node start
  else /etc/init.d/ipop-node start; fi
}
end_node() {
  if has_systemd; then systemctl disable --now --quiet "ipop-node@$group.service"; else ipop-ctl --group "$group" stop; fi
}

# --- changes ------------------------------------------------------------------------------------------------------

here=$(dirname "$0")
step=
undo() { :; }

# fail WHY: the last that is said.
fail() {
  undo >/dev/null 2>&1
  say failed "$step: $1"
  say end
  exit 0
}
# attempt COMMAND...: where it fails its reason is said: the first line of apt, systemctl or the node's programs, else the
# last of what it wrote.
attempt() {
  said=$("$@" 2>&1) && return
  why=$(printf '%s\n' "$said" | sed -nE 's/^(E|ipop-[a-z]+): //p; /^(Job for |dpkg: error)/p' | head -n 1)
  [ -n "$why" ] || why=$(printf '%s\n' "$said" | grep -v '^ *$' | tail -n 1)
  fail "${why:-$1 failed}"
}
# put FILE PLACE: in one step; FILE.before or FILE.none keeps what was there.
put() {
  mkdir -p "${2%/*}" || return
  if [ -e "$2" ]; then cp -p "$2" "$1.before"; else : >"$1.none"; fi || return
  cp "$1" "$2.new" && chmod 644 "$2.new" && sync "$2.new" && mv "$2.new" "$2"
}
put_back() { # FILE PLACE: as far as it was put
  if [ -e "$1.before" ]; then cp -p "$1.before" "$2"; elif [ -e "$1.none" ]; then rm -f "$2"; fi
}

apt() { apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "$@"; }
# A host that was just made has no lists, and one that is old has old ones: what comes from outside needs new ones.
install_packages() { # COUNT PACKAGE...
  count=$1
  shift
  if [ "$(apt --simulate --no-install-recommends install "$@" 2>/dev/null | grep -c '^Inst ')" != "$count" ]; then
    attempt apt update
  fi
  attempt apt --no-install-recommends install "$@"
}

add_source() {
  step=repository
  for key in "$here"/key.*; do
    undo() { put_back "$key" "/etc/apt/keyrings/grid-appliance.${key##*.}"; put_back "$here/source.list" "$list"; }
    attempt put "$key" "/etc/apt/keyrings/grid-appliance.${key##*.}"
  done
  attempt put "$here/source.list" "$list"
  attempt apt -o Dir::Etc::sourcelist="$list" -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 \
    -o APT::Update::Error-Mode=any update
  undo() { :; }
  say did "trusts the repository"
}

add_package() {
  step=package
  if [ -d "$here/debs" ]; then
    (cd "$here/debs" && sha256sum --check --status ../sums) || fail "what arrived is damaged"
    install_packages 1 "$here"/debs/*.deb
  else
    install_packages 1 ipop
  fi
  [ -n "$(version_of ipop)" ] || fail "apt-get left it out"
  say did "installed ipop $(version_of ipop)"
}

install() {
  [ ! -e "$here/source.list" ] || add_source
  [ -n "$(version_of ipop)" ] || add_package

  step=settings
  ran=no
  ! answers "$group" || ran=yes
  undo() {
    [ "$ran" = yes ] || end_node
    put_back "$here/group.toml" "/etc/ipop/$group.toml"
    put_back "$here/settings.toml" "/etc/ipop/node/$group.toml"
    [ "$ran" = no ] || start_node
  }
  # A group whose file is there is started by others too; then its node has its settings.
  if [ -e "$here/settings.toml" ]; then
    attempt put "$here/settings.toml" "/etc/ipop/node/$group.toml"
    say did "wrote its node's settings"
  fi
  step=group
  if [ -e "$here/group.toml" ]; then
    attempt put "$here/group.toml" "/etc/ipop/$group.toml"
    say did "wrote its group file"
  fi
  step=check
  [ "$ran" = yes ] || attempt ipop-node --group "$group" --configure --use-host-name config check
  step=start
  attempt enable_node
  if [ "$ran" = no ] || [ -e "$here/group.toml" ] || [ -e "$here/settings.toml" ]; then
    attempt start_node
    attempt ipop-ctl --group "$group" --timeout 5s status
    if [ "$ran" = yes ]; then say did "restarted the node"; else say did "started the node"; fi
  fi
  report
}

upgrade() { # OPTION...: of apt-get
  [ ! -e "$here/source.list" ] || add_source
  step=upgrade
  linked='' running=''
  for name in $(groups); do
    answers "$name" || continue
    running="$running $name"
    [ "$(ipop-ctl --group "$name" --timeout 5s --plain status | sed -n 's/^links\t//p')" = 0 ] || linked="$linked $name"
  done
  before=$(version_of ipop)
  if [ -d "$here/debs" ]; then
    (cd "$here/debs" && sha256sum --check --status ../sums) || fail "what arrived is damaged"
    attempt apt "$@" --no-install-recommends install "$here"/debs/*.deb
  elif [ ! -e "$here/restart" ]; then
    attempt apt update
    installed=
    for name in $packages; do [ -z "$(version_of "$name")" ] || installed="$installed $name"; done
    # shellcheck disable=SC2086  # words
    attempt apt --only-upgrade install $installed
  fi
  [ "$(version_of ipop)" = "$before" ] || say did "went from ipop $before to $(version_of ipop)"
  # The package has started them anew; one that somebody started in another way is his to start.
  step=restart
  for name in $running; do
    if is_replaced "$name"; then
      group=$name
      attempt start_node
      say did "restarted the node of $name"
    fi
  done
  step="come back"
  for name in $running; do
    # An answer of any kind shows that its socket is there.
    ipop-ctl --group "$name" --timeout "$patience" wait lease >/dev/null 2>&1
    attempt ipop-ctl --group "$name" --timeout 5s status
    ! is_replaced "$name" || fail "the node of $name still runs the older program"
  done
  for name in $linked; do attempt ipop-ctl --group "$name" --timeout "$patience" wait peer 1; done
  report
}

wait_for_link() {
  step="find others"
  attempt ipop-ctl --group "$group" --timeout "$patience" wait peer 1
  report
}

# Nothing below takes the rest of the script for its input.
case $verb in
  report) report ;;
  look) look ;;
  install) install ;;
  join) wait_for_link ;;
  upgrade) upgrade ;;
  downgrade) upgrade --allow-downgrades ;;
esac </dev/null
