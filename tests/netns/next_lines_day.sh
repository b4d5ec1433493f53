#!/usr/bin/env bash
# What a program tells to run next is run, until the thing works: the second day of a closed group, on machines without
# systemd. Empty machines, nodes that do not run, a revocation, a second authority.
#
#   alice (authority, public) -- internet -- [home: cone] -- bob, dave
#                                   |
#                              [lab: symmetric] -- carol
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
# shellcheck source=next.bash
source "$(dirname "$0")/next.bash"
for program in ga-group ga-cert ga; do [[ -x $bin/$program ]] || skip "no $program in $bin"; done
plain_internet alice bob carol dave

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
