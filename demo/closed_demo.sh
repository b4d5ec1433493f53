#!/usr/bin/env bash
# closed_demo.sh BIN - a closed group on one machine, from nothing: an authority, three members, one renewed, one revoked,
# and the authority lost and brought back from a backup. Every command is one that an administrator types.
#
# Needs root. What it shows goes to stdout, what it is doing at the moment to stderr if that is a terminal.
# Exit status: 0 all of it works, 1 not so, 2 used wrongly, 4 no permission.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
((EUID == 0)) || { echo "demo: network namespaces need root: sudo make demo-closed" >&2; exit 4; }
[[ $# == 1 && -x $1/ipop-node ]] || { echo "usage: closed_demo.sh DIRECTORY_OF_THE_PROGRAMS" >&2; exit 2; }
# shellcheck disable=SC2034  # the files below read them
bin=$(cd "$1" && pwd)
# shellcheck disable=SC2034
internet=ga$$
# shellcheck source=internet.sh
source "$here/internet.sh"
# shellcheck source=plain_machines.sh
source "$here/plain_machines.sh"
# shellcheck source=nodes.sh
source "$here/nodes.sh"
# shellcheck source=screen.sh
source "$here/screen.sh"

machines=(alice bob carol dave)
run=$(mktemp -d "${TMPDIR:-/tmp}/ga-demo.XXXXXX")
finish() {
  local status=$?
  trap '' INT TERM HUP
  set +e
  progress ""
  if ((status != 0)) && [[ -n ${failed_in-} ]]; then
    echo "demo: failed in: $failed_in" >&2
    tail -n 12 "$run/said" >&2
  fi
  unmake_internet
  rm -rf "$run"
  exit "$status"
}
trap finish EXIT
trap 'echo "demo: interrupted, cleaning up" >&2; failed_in=""; exit 130' INT
trap 'failed_in=""; exit 143' TERM HUP

# --- how it shows what is typed --------------------------------------------------------------------------------------
lines=()
show() { lines+=("$1"); }
told() { # phases first, then what was typed
  found "$1"
  ((${#lines[@]} == 0)) || printf '     %s\n' "${lines[@]}"
  lines=()
}
types() { # HOST COMMAND...: shows it and the first line that it prints
  local host=$1 status=0
  shift
  show "$host# $(sed -E 's/ga1-[a-z0-9]+/TOKEN/; s/ --passphrase-file [^ ]+//' <<<"$*")"
  on "$host" "$@" >"$run/out" 2>"$run/said" </dev/null || status=$?
  ! grep -q . "$run/out" || show "$(head -n 1 "$run/out" | cut -c 1-110)"
  return "$status"
}
fails() { # HOST COMMAND...: shows the complaint
  ! types "$@" || return 1
  show "$(sed -n '/^ga-cert: /{p;q}' "$run/said")"
}
until_true() { # SECONDS COMMAND...
  local end=$(($(milliseconds) + $1 * 1000))
  while ! "${@:2}" >/dev/null 2>&1; do
    (($(milliseconds) < end)) || { echo "$* did not come true" >"$run/said"; return 1; }
    sleep 0.1
  done
}
starts() { # HOST COMMAND...: what a boot would start
  on "$1" "${@:2}" >>"$run/$1.log" 2>&1 </dev/null &
  disown
}
serves() {
  starts alice ga-cert authority serve --group lab-enrol
  starts alice ga-cert authority serve --group lab
}
stops_serving() {
  local pid
  for pid in $(ip netns pids "$internet-alice"); do
    [[ $(readlink "/proc/$pid/exe") == "$bin/ga-cert" ]] || continue
    kill "$pid"
    while [[ -e /proc/$pid ]]; do sleep 0.05; done
  done
}
has_address() { on "$1" ipop-ctl --group "$2" status --json | jq -e .address; }
address_in() { on "$1" ipop-ctl --group "$2" status --json | jq -r .address; }
reaches() { on "$1" ping -q -n -c 1 -w 1 "$(address_in "$2" lab)"; }
has_request() { [[ -n $(on alice ga-cert list --plain) ]]; }
serial() { on "$1" openssl x509 -in /var/lib/ipop/lab/certificate.pem -noout -serial; }
announced() { on alice ipop-ctl --group "$1" dht get ga-authority | grep -q https; }
is_shut_out() { [[ $(on "$1" ipop-ctl --group lab status --json | jq .links) == 0 ]]; }

echo "Grid Appliance: a closed group, from nothing to its third member; one renewed, one revoked, the authority lost and found"
demo_began=$(milliseconds)

phase internet
make_internet
make_server alice
make_site home 192.168.1 cone
make_site lab 192.168.2 restricted
make_site office 192.168.3 symmetric
make_host bob home
make_host carol lab
make_host dave office
for machine in "${machines[@]}"; do make_machine "$machine" plain; done
for machine in "${machines[@]}"; do until_true 10 on "$machine" true; done
(umask 077; echo 'a passphrase of the demo' >"$run/passphrase")
told "alice has a public address; bob, carol and dave are behind NATs (cone, restricted cone, symmetric)"

phase group
types alice ga-group new lab --closed --port 25000 --bootstrap "${public_of[alice]:-}:25000" --user alice
token=$(<"$run/out")
starts alice ipop-node --configure --group lab
starts alice ipop-node --configure --group lab-enrol
serves
until_true 60 announced lab-enrol
until_true 60 announced lab
told "one command makes authority, group, first member and entrance; the last line is the token for all others"

joins() { # HOST: the line that alice handed out, and her yes
  local joining
  types "$1" ga-group join "$token"
  starts "$1" ipop-node --configure --group lab
  until_true 60 has_address "$1" lab
  on "$1" ga-group join "$token" --user "$1" >"$run/$1.joined" 2>"$run/said" </dev/null &
  joining=$!
  until_true 60 has_request
  types alice ga-cert accept "$1"
  wait "$joining"
  show "$1: $(<"$run/$1.joined")"
}
phase second
joins bob
until_true 20 reaches bob alice
told "bob asks, alice says yes, and bob reaches her in the closed group"

phase third
joins carol
until_true 20 reaches carol bob
told "carol asks, alice says yes, and carol reaches bob"

phase renewed
before=$(serial bob) address=$(address_in bob lab)
types bob ga-cert renew --group lab
[[ $(serial bob) != "$before" && $(address_in bob lab) == "$address" ]]
until_true 20 reaches bob alice
told "bob's certificate is another one, his address and his node's process are the same; at 60 days the node does it itself"

phase backup
types alice ga-cert authority backup /run/lab.backup --passphrase-file "$run/passphrase"
told "one file under a passphrase, read back"

phase revoked
types alice ga-cert revoke --user carol --reason 'laptop stolen'
until_true 30 is_shut_out carol
if reaches bob carol >/dev/null; then exit 1; fi
told "no member has a link to carol any more; bob and alice go on"

phase lost
show "alice# rm -r /var/lib/ga/authority/lab"
stops_serving
on alice rm -r /var/lib/ga/authority/lab
fails alice ga-cert list
told "key and ledger are gone; the group goes on, but nobody can be accepted"

phase restored
if types alice ga-cert authority restore /run/lab.backup --passphrase-file "$run/passphrase"; then exit 1; fi
show "$(sed -n '/^ga-cert: /{p;q}' "$run/said" | cut -c 1-160)"
types alice ga-cert authority resume
serves
told "the backup is older than carol's revocation: the group knows, and the ledger goes on from there with her shut out"

phase fourth
joins dave
until_true 20 reaches dave bob
is_shut_out carol
told "dave asks, and becomes a member of the restored authority; carol stays out"

echo
echo "Everything took $(seconds $(($(milliseconds) - demo_began))) s"
