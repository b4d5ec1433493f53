#!/usr/bin/env bash
# What a program tells to run next is run, until the thing works: an authority whose directory is gone
# while the backup is older than its last decisions. On machines without systemd.
#
#   alice (authority, public) -- internet -- [home: cone] -- bob
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
# shellcheck source=next.bash
source "$(dirname "$0")/next.bash"
for program in ga-group ga-cert; do [[ -x $bin/$program ]] || skip "no $program in $bin"; done
plain_internet alice bob

signs() { on alice ga-cert admin add "$(key_of bob)"; }
walk alice whole_group alice lab "ga-group new lab --closed --port 25000 --bootstrap ${public_of[alice]:-}:25000 --user alice"
on alice ga-group token lab >"$run/walk.token" 2>/dev/null
walk bob in_closed bob "ga-group join $(<"$run/walk.token") --user bob"
walk alice succeeds alice 'ga-cert authority show' "ga-cert authority backup /run/backup"
on alice ga-cert revoke --user mallory --force --reason 'after the backup' >/dev/null 2>"$run/said"
is "a decision that the backup has not" 0 $?

# --- its directory is gone; the backup is older than the revocation -----------------------------------------------------
stops_serving alice
on alice rm -r /var/lib/ga/authority/lab
walk alice signs "ga-cert list"

table
holds_rows next_lines_lost
finish
