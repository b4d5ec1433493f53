#!/usr/bin/env bash
# What a program tells to run next is run, until the thing works: every starting point of groups, authorities and
# certificates, on machines without systemd. The rows at the end are the table: command -> next -> ... -> works.
#
#   alice (authority, public) -- internet -- [home: cone] -- bob, dave
#                                   |
#                              [lab: symmetric] -- carol
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
# shellcheck source=next.bash
source "$(dirname "$0")/next.bash"
for program in ga-group ga-cert ga-firewall ga; do [[ -x $bin/$program ]] || skip "no $program in $bin"; done
plain_internet alice bob carol dave

denied() { grep -q 'denied by the authority lab: no' "$run"/walk.[0-9]*; }
port=25000
at="--port $port --bootstrap ${public_of[alice]:-}:$port"

# --- an open group, closed later ------------------------------------------------------------------------------------
walk dave has_address dave sea "ga-group new sea --prefix 10.64.0.0/10"
walk dave has_address dave sea "ga-group leave sea"
walk dave succeeds dave 'ga-group token sea' "ga-group new sea"
walk dave is_member dave sea "ga-group close sea --user dave"
for group in sea sea-enrol; do ends dave $group; done

# --- a closed group from nothing, its members -------------------------------------------------------------------------
walk alice whole_group alice lab "ga-group new lab --closed $at --user alice"
on alice ga-group token lab >"$run/walk.token" 2>/dev/null
join="ga-group join $(<"$run/walk.token")"
walk bob in_closed bob "$join --user bob"
answer='deny --reason no'
walk carol denied "$join --user carol"
answer=''
walk carol in_closed carol "$join --user carol"
on alice ga-group token lab --expires 1s >"$run/expired" 2>/dev/null
expired() {
  on bob ga-group join "$(<"$run/expired")" >"$run/late" 2>&1
  grep -q 'token expired' "$run/late"
}
within 10 "a token has expired" expired
walk dave in_closed dave "ga-group join --replace $(<"$run/expired") --user dave"
walk bob in_closed bob "$join"

# --- certificates -----------------------------------------------------------------------------------------------------
before=$(serial bob)
walk bob is_new bob "$before" "ga-cert renew --group lab"
walk bob succeeds alice 'ga-cert list' "ga-cert list"
walk bob succeeds bob 'ga-cert verify /var/lib/ipop/lab/certificate.pem' "ga-cert verify /var/lib/ipop/lab/certificate.pem"
on bob cp /etc/ipop/lab.toml "$run/lab.toml"
ends carol lab
walk carol has_address carol lab "ga-cert join --group lab"
walk carol succeeds carol 'ga-firewall apply --dry-run --group lab' "ga-firewall apply --dry-run --group lab"

# --- a second group beside it, whose network overlaps: what was typed is kept ---------------------------------------------
keeps() { has_address carol pond && on carol grep -q 'pond.ipop' /etc/ipop/pond.toml && on carol grep -q '^port = 25100' /etc/ipop/pond.toml; }
walk carol keeps "ga-group new pond --port 25100 --domain pond.ipop"

table
holds_rows next_lines
finish
