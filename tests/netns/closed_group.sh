#!/usr/bin/env bash
# The administrator's way on machines without systemd, by the commands that the programs print and no others: a closed
# group from nothing, a member that asks and is accepted, one that is interrupted and asks again, one that is denied;
# the way back; and an open group that is closed.
#
#   alice (authority, public) -- internet -- [home: cone] -- bob
#                                   |
#                              [lab: symmetric] -- carol
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
# shellcheck source=../../demo/plain_machines.sh
source "$(dirname "$0")/../../demo/plain_machines.sh"
for program in ga-group ga-cert; do [[ -x $bin/$program ]] || skip "no $program in $bin"; done

make_internet
make_server alice
make_site home 192.168.1 cone
make_site lab 192.168.2 symmetric
make_host bob home
make_host carol lab
for host in alice bob carol; do make_machine "$host" plain; done
for host in alice bob carol; do within 5 "$host is a machine of its own" on "$host" true; done
((failures == 0)) || finish

# What a program printed behind "next:", one command a line; started as a person would, in the background.
next_of() { sed -nE '/next: the same/d; s/ +# .*$//; s/^  next: //p' "$1"; }
follow() { # HOST FILE: starts every command that FILE tells to
  local command number=0
  while IFS= read -r command; do
    number=$((number + 1))
    # shellcheck disable=SC2016
    on "$1" sh -c "$command >>/run/next.log 2>&1 </dev/null & echo \$!" >>"$run/started"
  done < <(next_of "$2")
  echo "# $1 followed $number commands: $(next_of "$2" | tr '\n' ';')"
  ((number > 0))
}
has_address() { on "$1" ipop-ctl --group "$2" wait lease --timeout 2s; }
address_in() { on "$1" ipop-ctl --group "$2" status --json | jq -r .address; }
is_listening() { on alice ipop-ctl --group lab-enrol dht get ga-authority 2>/dev/null | grep -q https; }
waiting_is() { [[ $(on alice ga-cert list --plain | wc -l) == "$1" ]]; }
refused() { ! on "$1" ga-cert "${@:2}" >"$run/refused" 2>&1; }
# What `ga status` says of a machine: its exit status, and a line that says WORDS; then the command behind "next:".
says() { # HOST STATUS WORDS
  local status=0
  on "$1" ga status --group lab >"$run/status" 2>&1 || status=$?
  [[ $status == "$2" ]] && grep -qF -- "$3" "$run/status" && return 0
  sed "s/^/# status $status: /" "$run/status"
  return 1
}
next_is() { [[ $(sed -n 's/^next: //p' "$run/status") == "$1" ]]; }
key_of() { on "$1" openssl pkey -in /var/lib/ipop/lab/key.pem -pubout -outform DER | sha256sum | cut -c 1-16; }

# --- from nothing -------------------------------------------------------------------------------------------
port=25000
on alice ga-group new lab --closed --port $port --bootstrap "${public_of[alice]:-}:$port" --user alice \
  >"$run/token" 2>"$run/talk"
is "one command makes the closed group" 0 $?
is "and prints one line" 1 "$(wc -l <"$run/token")"
holds "its key is for root" on alice sh -c '[ "$(stat -c %a /var/lib/ga/authority/lab/authority.key)" = 600 ]'
holds "alice has a certificate of it" on alice sh -c \
  'openssl verify -CAfile /var/lib/ga/authority/lab/authority.pem /var/lib/ipop/lab/certificate.pem'
holds "the token says whose yes is needed" grep -q 'ga-cert accept' "$run/talk"
holds "what it printed is followed" follow alice "$run/talk"
within 30 "alice has an address in the closed group" has_address alice lab
within 30 "and in the network of those who ask" has_address alice lab-enrol
within 30 "her authority's server is announced there" is_listening
own_name_resolves() {
  on alice getent hosts "$(on alice ipop-ctl --group lab status --json | jq -r '.names[0] + "." + .domain')" |
    grep -qF "$(address_in alice lab) "
}
within 10 "and names of the closed group are found on her machine" own_name_resolves
on alice ga-group token lab >"$run/token" 2>"$run/talk"
is "a further token is made" 0 $?

# --- a member -----------------------------------------------------------------------------------------------
join() { # HOST: the line that alice handed out
  on "$1" ga-group join "$(<"$run/token")" --user "$1"
}
join bob >"$run/bob.out" 2>"$run/bob.talk"
is "bob's first step" 0 $?
holds "he is told that the same command goes on" grep -q 'next: the same command again' "$run/bob.talk"
holds "what it printed is followed" follow bob "$run/bob.talk"
within 30 "bob is on the network of those who ask" has_address bob lab
within 10 "he sees that he has asked nobody yet" says bob 1 "not a member yet: this machine is only in the network"
holds "and what to type" next_is "ga-cert join --group lab"
join bob >"$run/bob.out" 2>"$run/bob.talk" </dev/null &
joining=$!
within 60 "his request reaches alice" waiting_is 1
within 10 "he sees who has not decided yet" says bob 1 "not a member yet: the authority lab has not decided"
holds "and what alice could type" grep -q "ga-cert accept $(key_of bob)" "$run/status"
# bash keeps SIGINT from what runs in the background; for the program it is the same end.
kill -TERM "$(pgrep -P "$joining")"
wait "$joining" 2>/dev/null
holds "interrupted, it still waits" says bob 1 "has not decided on the request of"
holds "and the next command is short" next_is "ga-cert join --group lab"
on bob ga-cert join --group lab >"$run/bob.out" 2>"$run/bob.talk" </dev/null &
joining=$!
within 60 "interrupted, and asked again: there is one request" grep -q 'ga-cert accept' "$run/bob.talk"
is "no second one" 1 "$(on alice ga-cert list --plain | wc -l)"
holds "he is told how long he waits, and that Ctrl-C loses nothing" grep -q 'Ctrl-C loses nothing' "$run/bob.talk"
holds "alice accepts" on alice ga-cert accept "$(key_of bob)"
status=0
wait "$joining" || status=$?
is "bob's command ends well" 0 "$status"
((status == 0)) || sed 's/^/# /' "$run/bob.talk"
holds "it says as whom he joined" grep -qE '^joined lab as 10\.' "$run/bob.out"
is "and that is so" "joined lab as $(address_in bob lab)" "$(cut -d' ' -f1-4 "$run/bob.out")"
within 30 "bob reaches alice in the closed group" on bob ping -q -n -c 1 -w 2 "$(address_in alice lab)"
within 20 "a member is a member, and nothing is wrong" says bob 0 "lab, closed"
holds "nothing is left of the way" on bob test ! -e /etc/ipop/lab.toml.asks
# An ordinary user of this machine, who may not ask its node.
as_nobody() { on "$1" setpriv --reuid 65534 --regid 65534 --clear-groups "${@:2}"; }
status=0
as_nobody bob ga status --group lab >"$run/status" 2>&1 || status=$?
is "an ordinary user's look ends with 1" 1 "$status"
holds "and says that he may not ask, not that nothing runs" grep -q 'this user may not ask its node' "$run/status"
holds "with what to do" grep -qE "^next: (sudo ga doctor --group lab|su -c 'ga doctor --group lab')$" "$run/status"
status=0
as_nobody alice ga-cert list >"$run/status" 2>&1 || status=$?
is "nor may he look at requests, which is not for want of an authority" 4 "$status"
status=0
as_nobody bob ga-group join "$(<"$run/token")" >"$run/status" 2>&1 || status=$?
is "his joining ends with 4" 4 "$status"
holds "and says what he lacks" grep -qE "next: (sudo |su -c ').*ga-group join TOKEN" "$run/status"
join bob >"$run/bob.out" 2>"$run/bob.talk" </dev/null
is "joined again: status 0, and the truth" "0 joined lab as $(address_in bob lab)" \
  "$? $(cut -d' ' -f1-4 "$run/bob.out")"

# --- one who is not wanted ----------------------------------------------------------------------------------
join carol >"$run/carol.out" 2>"$run/carol.talk"
holds "carol follows what is printed" follow carol "$run/carol.talk"
within 30 "carol is on the network of those who ask" has_address carol lab
join carol >"$run/carol.out" 2>"$run/carol.talk" </dev/null &
joining=$!
within 60 "her request reaches alice" waiting_is 1
# Bob is an administrator: he sees and decides with his own key, and the ledger stays where it is.
holds "bob may decide nothing yet" refused bob list --remote
is "and is told how he could" 1 "$(grep -c 'ga-cert admin add bob' "$run/refused")"
holds "alice names him" on alice ga-cert admin add bob
is "he sees who waits" "$(key_of carol)" "$(on bob ga-cert list --remote --json | jq -r '.requests[].key' | cut -c 1-16)"
holds "bob denies it" on bob ga-cert deny --remote carol --reason 'who are you'
is "the ledger says that he did" "$(key_of bob)" "$(on alice ga-cert list --decisions --json |
  jq -r '.decisions[-1] | select(.event == "denied") | .note' | sed -n 's/^administrator \([0-9a-f]*\): .*/\1/p')"
holds "he ends it for himself nowhere" refused bob admin remove bob
status=0
wait "$joining" || status=$?
is "carol's command ends with 1" 1 "$status"
holds "and with whose word it is and the reason" grep -q 'denied by the authority lab: who are you' "$run/carol.talk"
holds "a look at the machine says the same" says carol 1 "the authority lab denied the request of this machine as user carol on "
holds "with the reason" grep -q ': who are you$' "$run/status"
holds "and what to type" next_is "ga-group leave lab, or ga-cert join --group lab once it is accepted"
on carol ga-group leave lab 2>"$run/carol.talk"
is "she leaves" 0 $?
holds "nothing is left of her way" on carol test ! -e /etc/ipop/lab.toml.asks
holds "her group's file is put aside" on carol sh -c '[ ! -e /etc/ipop/lab.toml ] && [ -e /etc/ipop/lab.toml.left ]'
gone() { ! on carol ipop-ctl --group lab status; }
within 20 "her node has ended" gone

# --- the authority's own machine ------------------------------------------------------------------------------
servers_of() { # HOST: the authority's servers there
  local pid
  for pid in $(ip netns pids "$internet-$1"); do
    [[ $(readlink "/proc/$pid/exe") != "$bin/ga-cert" ]] || echo "$pid"
  done
}
within 20 "alice's authority has all that it needs" says alice 0 "lab, closed"
within 20 "and so has its entrance" on alice ga status --group lab-enrol
on alice ga status --group lab-enrol >"$run/status" 2>&1
holds "nobody is invited to the entrance" grep -q 'alone: no machine asks\|about' "$run/status"
is "the entrance asks for nothing" "" "$(sed -n 's/^next: //p' "$run/status")"
for pid in $(servers_of alice); do kill "$pid"; done
within 20 "its servers are off, and she sees it" says alice 1 "the authority's server does not run in this group"
holds "with what to type" next_is "ga-cert authority serve --group lab &"
status=0
on alice ga status --group lab-enrol >"$run/status" 2>&1 || status=$?
is "where machines ask as well" 1 $status
holds "with what to type there" next_is "ga-cert authority serve --group lab-enrol --for lab &"
on alice mv /var/lib/ga/authority/lab /var/lib/ga/lab.aside
holds "without its folder, she sees that it is gone" says alice 1 "/var/lib/ga/authority/lab is not there"
holds "and how it comes back" next_is "ga-cert --authority lab authority restore FILE"
on alice mv /var/lib/ga/lab.aside /var/lib/ga/authority/lab

# --- back ---------------------------------------------------------------------------------------------------
on bob ga-group leave lab --back 2>"$run/bob.talk"
is "bob goes back to the open group" 0 $?
holds "its file is in place" on bob sh -c '! grep -q authority /etc/ipop/lab.toml'
holds "what is printed is followed" follow bob "$run/bob.talk"
within 30 "and works" has_address bob lab
finish
