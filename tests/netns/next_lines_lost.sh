#!/usr/bin/env bash
# What a program tells to run next is run, until the thing works: an authority whose directory is gone
# while the backup is older than its last decisions. On machines without systemd.
#
#   alice (authority, public) -- internet -- [home: cone] -- bob
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
# shellcheck source=../../demo/plain_machines.sh
source "$(dirname "$0")/../../demo/plain_machines.sh"
# shellcheck source=next.bash
source "$(dirname "$0")/next.bash"
for program in ga-group ga-cert; do [[ -x $bin/$program ]] || skip "no $program in $bin"; done

make_internet
make_server alice
make_site home 192.168.1 cone
make_host bob home
machines=(alice bob)
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
key_of() { on "$1" openssl pkey -in /var/lib/ipop/lab/key.pem -pubout -outform DER | sha256sum | cut -d' ' -f1; }
signs() { on alice ga-cert admin add "$(key_of bob)"; }
stops_serving() { # HOST: its authority's servers
  local pid
  for pid in $(ip netns pids "$internet-$1"); do
    [[ $(readlink "/proc/$pid/exe") == "$bin/ga-cert" ]] || continue
    kill "$pid"
    while [[ -e /proc/$pid ]]; do sleep 0.05; done
  done
}

: >"$run/walk.token"
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
