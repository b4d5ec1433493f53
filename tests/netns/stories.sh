#!/usr/bin/env bash
# The stories of docs/authority.md as they stand there: each line `HOST# COMMAND` between the marks of a story is run on
# that host. Replaced is what a person has: the passphrase, and the folder where files are. What a program tells to start
# in place of systemd is started.
#
#   alice (authority, public) -- internet -- [home: cone] -- bob
#                                   |
#                              [lab: restricted cone] -- mallory
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
# shellcheck source=../../demo/plain_machines.sh
source "$(dirname "$0")/../../demo/plain_machines.sh"
for program in ga-group ga-cert; do [[ -x $bin/$program ]] || skip "no $program in $bin"; done

make_internet
make_server alice
make_site home 192.168.1 cone
make_site lab 192.168.2 restricted
make_host bob home
make_host mallory lab
machines=(alice bob mallory)
for host in "${machines[@]}"; do make_machine "$host" plain; done
for host in "${machines[@]}"; do within 5 "$host is a machine of its own" on "$host" true; done
((failures == 0)) || finish
(umask 077 && echo 'correct horse battery' >"$run/passphrase")

address_in() { on "$1" ipop-ctl --group "$2" status --json | jq -r '.address // empty'; }
has_address() { [[ -n $(address_in "$1" "$2") ]]; }
is_member() { [[ $(on "$1" ipop-ctl --group lab status --json | jq .closed) == true ]] && has_address "$1" lab; }
announces() { on alice ipop-ctl --group "$1" dht get ga-authority | grep -q https; }
reaches() { on "$1" ping -q -n -c 1 -w 2 "$(address_in "$2" lab)"; } # FROM TO
no_node() { ! on "$1" ipop-ctl --group "$2" status >/dev/null 2>&1; }
starts() { # HOST COMMAND: what stays
  on "$1" sh -c "exec ${2% &}" >>"$run/$1.log" 2>&1 </dev/null &
  disown
}
follow() { # HOST FILE: what FILE tells to start
  local line
  while IFS= read -r line; do starts "$1" "$line"; done \
    < <(sed -nE 's/ +# .*$//; s/^  next: (ipop-node .*|ga-cert authority serve .*)/\1/p' "$2")
}
end_programs() { # HOST PROGRAM [SIGNAL]
  local pid
  for pid in $(ip netns pids "$internet-$1"); do
    [[ $(readlink "/proc/$pid/exe") == "$bin/$2" ]] || continue
    kill "-${3:-TERM}" "$pid"
    while [[ -e /proc/$pid ]]; do sleep 0.05; done
  done
}
story() { # MARK: its lines, HOST<tab>COMMAND
  sed -n "/^<!-- $1 -->/,/^<!-- \/$1 -->/s/^\([a-z]*\)# /\1\t/p" "$here/../../docs/authority.md"
}
tell() { # MARK
  local host line
  while IFS=$'\t' read -r host line <&7; do
    # What stays; the servers of before are ended first, as the story says.
    if [[ $line == *' &' ]]; then
      end_programs alice ga-cert
      starts "$host" "$line"
      continue
    fi
    [[ ! $line =~ authority\ (backup|restore|init) ]] || line+=" --passphrase-file '$run/passphrase'"
    [[ ! $line =~ authority\ init ]] || line=${line/ --passphrase-file*/ --no-passphrase}
    # The folder is one that all machines see: a person carries files over.
    local status=0 end=$((SECONDS + 60))
    # Who is told to type the same again does so.
    until on "$host" sh -c "cd '$run' && $line" >"$run/out" 2>"$run/said" </dev/null 7<&-; do
      status=$?
      grep -q '^  next: the same command again' "$run/said" || break
      ((SECONDS < end)) || break
      status=0
      sleep 0.2
    done
    # restore says that the group may know more.
    [[ $line == *'authority restore'* && $status == 7 ]] && status=0
    result $status "$1: $host# $line"
    ((status == 0)) || sed 's/^/# /' "$run/out" "$run/said"
    follow "$host" "$run/said"
    until_nodes "$host" "$run/said"
  done 7< <(story "$1")
}
until_nodes() { # HOST FILE: the nodes that FILE told to start have addresses
  local group
  while IFS= read -r group <&8; do
    within 40 "$1 has an address in $group" has_address "$1" "$group" 8<&-
  done 8< <(sed -nE 's/^  next: ipop-node .*--group ([a-z0-9-]+).*/\1/p' "$2")
}
joins() { # HOST: as docs/enrolment.md has it
  local joining
  on "$1" ga-group join "$token" --user "$1" >"$run/out" 2>"$run/said"
  follow "$1" "$run/said"
  until_nodes "$1" "$run/said"
  on "$1" ga-group join "$token" --user "$1" >"$run/out" 2>"$run/said" </dev/null &
  joining=$!
  within 60 "$1 asks" asked
  holds "alice accepts $1" on alice ga-cert accept "$1"
  wait "$joining"
  is "$1 is a member" 0 $?
}
asked() { [[ -n $(on alice ga-cert list --plain) ]]; }

on alice ga-group new lab --closed --port 25000 --bootstrap "${public_of[alice]:-}:25000" --user alice >"$run/token" 2>"$run/said"
is "a closed group" 0 $?
token=$(<"$run/token")
follow alice "$run/said"
until_nodes alice "$run/said"
for group in lab lab-enrol; do within 40 "alice's server is announced in $group" announces $group; done
for host in bob mallory; do joins "$host"; done
within 30 "bob reaches mallory" reaches bob mallory

# --- loss: the whole machine, and what was decided since the backup ----------------------------------------------------
on alice sh -c "cd '$run' && ga-cert authority backup lab.backup --passphrase-file passphrase" >/dev/null 2>"$run/said"
is "a backup" 0 $?
holds "a decision after it" on alice ga-cert admin add bob
for program in ipop-node ga-cert; do end_programs alice $program KILL; done
kill "${machine[alice]}"
make_machine alice plain
within 5 "alice has a new machine" on alice true
is "with nothing on it" 3 "$(on alice ga status >/dev/null 2>&1; echo $?)"
is "the story of loss has commands" 3 "$(story loss | wc -l)"
tell loss
within 40 "alice reaches bob from it" reaches alice bob
for group in lab lab-enrol; do within 60 "her server is announced in $group" announces $group; done
holds "the authority decides again" on alice ga-cert admin add bob
within 30 "bob decides as well" on bob ga-cert list --remote
before=$(on bob openssl x509 -in /var/lib/ipop/lab/certificate.pem -noout -serial)
holds "bob renews" on bob ga-cert renew --group lab
holds "his certificate is another one" test "$before" != "$(on bob openssl x509 -in /var/lib/ipop/lab/certificate.pem -noout -serial)"

# --- theft ------------------------------------------------------------------------------------------------------------
is "the story of theft has commands" 7 "$(story theft | wc -l)"
within 30 "alice reaches mallory before" reaches alice mallory
tell theft
within 40 "alice reaches bob under the new authority" reaches alice bob
on alice cat /var/lib/ga/authority/lab2/authority.pem >"$run/lab2.pem"
on bob cat /var/lib/ipop/lab/certificate.pem >"$run/bob.pem"
holds "his certificate is the new authority's" openssl verify -CAfile "$run/lab2.pem" "$run/bob.pem"
no_link() { ! on "$1" ipop-ctl --group lab members --plain | grep -qw mallory; }
for host in alice bob; do within 30 "mallory is no member for $host" no_link "$host"; done
finish
