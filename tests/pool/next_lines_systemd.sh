#!/usr/bin/env bash
# What a program tells to run next is run, until the thing works, on booted machines with systemd: a closed group, nodes
# that were stopped, a renewal, a revocation, an authority, a pool of HTCondor.
#
#   alice: public, authority, manager      bob: worker, behind the NAT of [home: cone]
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
reason=$(has_systemd) || skip "$reason"
command -v cmake >/dev/null || skip "no cmake on this machine"
# shellcheck disable=SC2034  # next.bash reads it
walk_folder=/root
# shellcheck source=../netns/next.bash
source "$here/../netns/next.bash"

machines=(alice bob)
show_journals() {
  local host
  ((failures)) || return 0
  for host in "${machines[@]}"; do
    echo "# --- the journal of $host"
    in_machine "$host" journalctl --no-pager -n 40 -o short-monotonic 2>/dev/null | sed 's/^/# /'
  done
}
trap 'show_journals; show_condor_logs; clean_up' EXIT
make_internet
make_server alice
make_site home 192.168.1 cone
make_host bob home

DESTDIR=$run/tree cmake --install "$bin/.." >"$run/install.log" 2>&1
is "make install: the status" 0 $?
for program in "$run/tree/usr/local"/{bin,sbin}/*; do ln -sf "/opt/ga/bin/${program##*/}" "$program"; done
on() { in_machine "$@"; }
unit() { on "$1" systemctl "${@:2}" 2>&1; } # HOST VERB...
is_up() { [[ $(unit "$1" is-system-running) == running ]]; }
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
  on "$host" sh -c 'umask 077; echo "correct horse battery" >/run/passphrase'
done

address_in() { on "$1" ipop-ctl --group "$2" status --json 2>/dev/null | jq -r '.address // empty'; }
has_address() { [[ -n $(address_in "$1" "$2") ]]; }
is_member() { [[ $(on "$1" ipop-ctl --group "$2" status --json | jq .closed) == true ]] && has_address "$1" "$2"; }
in_closed() { is_member "$1" lab && on "$1" ping -q -n -c 1 -w 2 "$(address_in alice lab)"; }
announces() { on "$1" ipop-ctl --group "$2" dht get ga-authority | grep -q https; }
whole_group() { is_member "$1" "$2" && has_address "$1" "$2-enrol" && announces "$1" "$2-enrol" && announces "$1" "$2"; }
succeeds() { on "$1" sh -c "$2"; }
is_shut_out() { [[ $(on "$1" ipop-ctl --group lab status --json | jq '.links == 0 and .revoked != null') == true ]]; }
serial() { on "$1" openssl x509 -in /var/lib/ipop/lab/certificate.pem -noout -serial; }
is_new() { [[ $(serial "$1") != "$2" ]]; } # HOST SERIAL
: >"$run/walk.token"

walk alice whole_group alice lab "ga-group new lab --closed --port 25000 --bootstrap ${public_of[alice]:-}:25000 --user alice"
on alice ga-group token lab >"$run/walk.token" 2>/dev/null
walk bob in_closed bob "ga status"
unit bob stop ipop-node@lab >/dev/null
walk bob in_closed bob "ipop-ctl --group lab status"
unit bob stop ipop-node@lab >/dev/null
walk bob in_closed bob "ga doctor"
unit bob stop ipop-node@lab >/dev/null
walk bob in_closed bob "ipop-ctl status"
unit bob stop ipop-node@lab >/dev/null
walk bob in_closed bob "ga status"
before=$(serial bob)
walk bob is_new bob "$before" "ga-cert renew --group lab"

# --- a pool -----------------------------------------------------------------------------------------------------------
printf 'roles = ["manager", "submit"]\ngroup = "lab"\n' >"$(files_of alice)/etc/ga/pool.toml"
holds "alice is the manager" unit alice enable --now ga-condorcfg
walk bob succeeds bob 'ga-condorcfg show' "ga-condorcfg show"

# --- the authority's day ----------------------------------------------------------------------------------------------
walk alice succeeds alice 'ga-cert authority show --authority second' "ga-cert authority init second --no-passphrase"
unit alice stop ipop-node@lab >/dev/null
walk alice is_shut_out bob "ga-cert revoke --user bob --authority lab"
walk bob has_address bob sea "ga-group new sea --port 25100"
walk bob has_address bob sea "ga-group leave sea"
table
holds_rows next_lines_systemd
finish
