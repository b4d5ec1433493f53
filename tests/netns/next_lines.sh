#!/usr/bin/env bash
# What a program tells to run next is run, until the thing works: every starting point of groups, authorities and
# certificates, on machines without systemd. The rows at the end are the table: command -> next -> ... -> works.
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
for program in ga-group ga-cert ga-firewall ga; do [[ -x $bin/$program ]] || skip "no $program in $bin"; done

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
: >"$run/walk.token"
# shellcheck disable=SC2034  # next.bash reads it
without_systemd=yes

address_in() { on "$1" ipop-ctl --group "$2" status --json | jq -r '.address // empty'; }
has_address() { [[ -n $(address_in "$1" "$2") ]]; }
is_closed() { [[ $(on "$1" ipop-ctl --group "$2" status --json | jq .closed) == true ]]; }
is_member() { is_closed "$1" "$2" && has_address "$1" "$2"; }
reaches() { on "$1" ping -q -n -c 1 -w 2 "$(address_in "$2" "$3")"; } # FROM TO GROUP
in_closed() { is_member "$1" lab && reaches "$1" alice lab; }
takes_requests() { on alice ipop-ctl --group "$1-enrol" dht get ga-authority | grep -q https; } # GROUP
renews() { on alice ipop-ctl --group "$1" dht get ga-authority | grep -q https; }                # GROUP
whole_group() { is_member "$1" "$2" && has_address "$1" "$2-enrol" && takes_requests "$2" && renews "$2"; }
denied() { grep -q 'denied: no' "$run"/walk.[0-9]*; }
succeeds() { on "$1" sh -c "$2"; }
ends() { # HOST GROUP: its node
  on "$1" ipop-ctl --group "$2" stop >/dev/null 2>&1
  within 20 "$1: the node of $2 has ended" no_node "$1" "$2"
}
no_node() { ! on "$1" ipop-ctl --group "$2" status >/dev/null 2>&1; }
serial() { on "$1" openssl x509 -in /var/lib/ipop/lab/certificate.pem -noout -serial; }
is_new() { [[ $(serial "$1") != "$2" ]]; } # HOST SERIAL
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

table
holds_rows next_lines
finish
