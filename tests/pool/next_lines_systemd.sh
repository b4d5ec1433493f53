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

make_internet
make_server alice
make_site home 192.168.1 cone
make_host bob home
boot_installed alice bob
for host in alice bob; do give_passphrase "$host"; done

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

# --- and its end ------------------------------------------------------------------------------------------------------

on alice ga-group leave lab 2>"$run/alice.left"
is "alice leaves" 0 $?
holds "and is told of her authority" grep -q '^This machine has the authority of lab' "$run/alice.left"
for service in ipop-node@lab ga-authority@lab; do
  is "$service does not run" inactive "$(unit alice is-active $service)"
  is "nor at the next boot" disabled "$(unit alice is-enabled $service)"
done
is "the way in stays" active "$(unit alice is-active ga-authority@lab-enrol)"
table
holds_rows next_lines_systemd
finish
