#!/usr/bin/env bash
# What a program tells to run next is run, until the thing works: the second day of a closed group, on machines without
# systemd. Empty machines, nodes that do not run, a revocation, a second authority.
#
#   alice (authority, public) -- internet -- [home: cone] -- bob, dave
#                                   |
#                              [lab: symmetric] -- carol
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
# shellcheck source=../../demo/plain_machines.sh
source "$(dirname "$0")/../../demo/plain_machines.sh"
# shellcheck source=next.bash
source "$(dirname "$0")/next.bash"
for program in ga-group ga-cert ga; do [[ -x $bin/$program ]] || skip "no $program in $bin"; done

make_internet
make_server alice
make_site home 192.168.1 cone
make_site lab 192.168.2 symmetric
make_host bob home
make_host dave home
make_host carol lab
machines=(alice bob carol dave)
for host in "${machines[@]}"; do make_machine "$host" plain; done
for host in "${machines[@]}"; do within 5 "$host is a machine of its own" on "$host" true; done
((failures == 0)) || finish
echo 'correct horse battery' >"$run/passphrase.text"
for host in "${machines[@]}"; do
  on "$host" sh -c "umask 077; cat '$run/passphrase.text' >/run/passphrase"
done
# shellcheck disable=SC2034  # next.bash reads it
without_systemd=yes

address_in() { on "$1" ipop-ctl --group "$2" status --json | jq -r '.address // empty'; }
has_address() { [[ -n $(address_in "$1" "$2") ]]; }
is_member() { [[ $(on "$1" ipop-ctl --group "$2" status --json | jq .closed) == true ]] && has_address "$1" "$2"; }
in_closed() { is_member "$1" lab && on "$1" ping -q -n -c 1 -w 2 "$(address_in alice lab)"; }
announces() { on "$1" ipop-ctl --group "$2" dht get ga-authority | grep -q https; } # HOST GROUP
whole_group() { is_member "$1" "$2" && has_address "$1" "$2-enrol" && announces "$1" "$2-enrol" && announces "$1" "$2"; }
succeeds() { on "$1" sh -c "$2"; }
is_shut_out() { [[ $(on "$1" ipop-ctl --group lab status --json | jq '.links == 0 and .revoked != null') == true ]]; }
key_of() { on "$1" openssl pkey -in /var/lib/ipop/lab/key.pem -pubout -outform DER | sha256sum | cut -d' ' -f1; }
ends() { # HOST GROUP: its node
  on "$1" ipop-ctl --group "$2" stop >/dev/null 2>&1
  within 20 "$1: the node of $2 has ended" no_node "$1" "$2"
}
no_node() { ! on "$1" ipop-ctl --group "$2" status >/dev/null 2>&1; }

: >"$run/walk.token"
walk alice whole_group alice lab "ga-group new lab --closed --port 25000 --bootstrap ${public_of[alice]:-}:25000 --user alice"
on alice ga-group token lab >"$run/walk.token" 2>/dev/null

# --- machines with nothing ----------------------------------------------------------------------------------------------
walk dave in_closed dave "ga status"
walk bob in_closed bob "ga-group list"
walk carol whole_group carol another "ga-cert list"

# --- nodes that do not run ----------------------------------------------------------------------------------------------
ends dave lab
walk bob succeeds bob 'ipop-ctl --group lab members' "ipop-ctl --group lab ping --count 1 nobody"
walk dave in_closed dave "ipop-ctl --group lab status"
ends dave lab
walk dave in_closed dave "ga doctor"
ends dave lab
walk dave in_closed dave "ipop-ctl status"

# --- the authority's day ------------------------------------------------------------------------------------------------
authority=bob # the line means the administrator's machine
walk alice succeeds bob 'ga-cert list --remote' "ga-cert admin add $(key_of bob)"
authority=alice
walk alice succeeds alice 'ga-cert authority show' "ga-cert authority backup /run/backup"
walk alice succeeds alice 'ga-cert list --certificates' "ga-cert revoke --user nobody"
walk alice succeeds alice 'ga-cert list' "ga-cert authority serve --group nowhere"
ends alice lab
walk alice is_shut_out dave "ga-cert revoke --key $(key_of dave) --reason 'laptop stolen'"
# Who is shut out and types the first command again has not joined.
on dave ga-group join "$(on alice ga-group token lab | head -n 1)" >"$run/again" 2>&1
is "dave: ga-group join: the status" 1 $?
holds "dave: it says that he is revoked" grep -q 'was revoked on .*: no member talks to it any more' "$run/again"
holds "dave: and what he can do" grep -qx '  next: ga-group leave lab' "$run/again"
walk carol whole_group carol second "ga-cert authority init second --no-passphrase"

table
holds_rows next_lines_day
finish
