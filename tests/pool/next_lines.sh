#!/usr/bin/env bash
# What a program tells to run next is run, until the thing works, on machines where a real systemd runs what `make
# install` put there. tests/netns/next_lines.sh is the same without systemd, and has more starting points.
#
#   alice: public, authority      bob, dave: behind the NAT of [home: cone]
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
reason=$(has_systemd) || skip "$reason"
command -v cmake >/dev/null || skip "no cmake on this machine"
# shellcheck disable=SC2034  # next.bash reads it
walk_folder=/root
# shellcheck source=../netns/next.bash
source "$here/../netns/next.bash"

machines=(alice bob dave)
show_journals() {
  local host
  ((failures)) || return 0
  for host in "${machines[@]}"; do
    echo "# --- the journal of $host"
    in_machine "$host" journalctl --no-pager -n 40 -o short-monotonic 2>/dev/null | sed 's/^/# /'
  done
}
trap 'show_journals; clean_up' EXIT
make_internet
make_server alice
make_site home 192.168.1 cone
make_host bob home
make_host dave home
DESTDIR=$run/tree cmake --install "$bin/.." >"$run/install.log" 2>&1
is "make install: the status" 0 $?
for program in "$run/tree/usr/local"/{bin,sbin}/*; do ln -sf "/opt/ga/bin/${program##*/}" "$program"; done

on() { in_machine "$@"; }
is_up() { [[ $(on "$1" systemctl is-system-running) == running ]]; }
for host in "${machines[@]}"; do
  boot_machine "$host" systemd || skip "no systemd of its own for a machine: $(tail -n 1 "$run/$host/machine.log")"
done
for host in "${machines[@]}"; do
  needs 60 "$host: systemd is up" is_up "$host"
  cp -a "$run/tree/." "$(files_of "$host")/"
  # The checked build's look for leaks needs ptrace, which the units forbid.
  mkdir -p "$(files_of "$host")/etc/systemd/system.conf.d"
  printf '[Manager]\nDefaultEnvironment=ASAN_OPTIONS=detect_leaks=0\n' >"$(files_of "$host")/etc/systemd/system.conf.d/asan.conf"
  on "$host" systemctl daemon-reexec
  on "$host" groupadd ga
  (umask 077; echo 'correct horse battery' >"$(files_of "$host")/run/passphrase")
done
# A request or certificate in /root is carried to the other machines, as a person does.
carry() {
  local file to
  for file in "$(files_of "$1")"/root/*.csr "$(files_of "$1")"/root/*.pem; do
    [[ -e $file ]] || continue
    for to in "${machines[@]}"; do [[ $to == "$1" ]] || cp "$file" "$(files_of "$to")/root/"; done
  done
}

address_in() { on "$1" ipop-ctl --group "$2" status --json 2>/dev/null | jq -r '.address // empty'; }
has_address() { [[ -n $(address_in "$1" "$2") ]]; }
is_member() { [[ $(on "$1" ipop-ctl --group "$2" status --json | jq .closed) == true ]] && has_address "$1" "$2"; }
in_closed() { is_member "$1" "$2" && on "$1" ping -q -n -c 1 -w 2 "$(address_in alice "$2")"; }
announced() { on alice ipop-ctl --group "$1" dht get ga-authority | grep -q https; }
whole_group() { is_member alice "$1" && announced "$1-enrol" && announced "$1"; }
enabled() { [[ $(on "$1" systemctl is-enabled "$2") == enabled ]]; }
serial() { on "$1" openssl x509 -in "/var/lib/ipop/$2/certificate.pem" -noout -serial; }
is_new() { [[ $(serial "$1" lab) != "$2" ]]; }
has_left() { on "$1" sh -c '[ ! -e /etc/ipop/lab.toml ]'; }
lists() { on alice ga-cert list --authority lab; }

# --- a closed group from nothing --------------------------------------------------------------------------------------
walk alice whole_group lab "ga-group new lab --closed --port 25000 --bootstrap ${public_of[alice]:-}:25000 --user alice"
for unit in ipop-node@lab ipop-node@lab-enrol ga-authority@lab-enrol ga-authority@lab; do
  holds "a boot starts $unit" enabled alice "$unit"
done
on alice ga-group token lab >"$run/walk.token" 2>/dev/null
walk bob in_closed bob lab "ga-group join $(<"$run/walk.token") --user bob"
before=$(serial bob lab)
walk bob is_new bob "$before" "ga-cert renew --group lab"
walk bob has_left bob "ga-group leave lab"
walk bob in_closed bob lab "mv /etc/ipop/lab.toml.left /etc/ipop/lab.toml && ga-cert join --group lab"

# --- the authority lost, and saved --------------------------------------------------------------------------------------
walk alice on alice test -s /run/backup "ga-cert authority backup /run/backup"
on alice rm /var/lib/ga/authority/lab/ledger.jsonl
walk alice lists "ga-cert list"

# --- a closed group by the certificate of an authority that is elsewhere (A2) -------------------------------------------
on alice cp /var/lib/ga/authority/lab/authority.pem /root/authority.pem
carry alice
walk dave is_member dave apart "ga-group new apart --authority authority.pem --prefix 100.64.0.0/10"
holds "a boot starts it" enabled dave ipop-node@apart

# --- an authority with another name than the open group in which it is found (A3) ----------------------------------------
on alice ga-group new harbour --port 25010 --prefix 172.30.0.0/16 --bootstrap "${public_of[alice]:-}:25010" \
  >"$run/harbour" 2>"$run/talk"
is "an open group" 0 $?
walk alice on alice ga-cert authority show --authority sea "ga-cert authority init sea --no-passphrase"
table
finish
