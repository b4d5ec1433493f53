#!/usr/bin/env bash
# What ga-firewall lets through and what not, with real packets; S25: a job reaches the virtual network only.
#
#   alice -- [home: cone] -- internet -- [lab: cone] -- bob        and relay, a public member
#     192.168.1.10, and server 192.168.1.11 on the same LAN
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
for program in socat unshare setpriv; do
  command -v "$program" >/dev/null || skip "no $program on this machine"
done

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_host alice home
make_host server home
make_host bob lab
make_group relay
start_node relay --no-tap
bring_up alice
bring_up bob
alice=$(virtual_address alice) bob=$(virtual_address bob)
lan_alice=${address_of[alice]} lan_server=${address_of[server]}
job=65534

mkdir "$run/etc"
sed 's/^name = .*/name = "demo"/' "$run/group.toml" >"$run/etc/demo.toml"
# A session that this test was started from is none of the hosts'.
unset SSH_CONNECTION SSH_CLIENT
firewall() { # HOST WORD...
  in_host "$1" "$bin/ga-firewall" --dir "$run/etc" --socket "$run/$1/socket" "${@:2}"
}
table() { ip netns exec "$internet-$1" nft --stateless list ruleset; }

# A service that sends one word to everybody, over TCP or UDP.
serve() { # HOST tcp|udp PORT
  in_host "$1" socat -T 3 "${2^^}4-LISTEN:$3,fork,reuseaddr" SYSTEM:'echo served' >/dev/null 2>&1 </dev/null &
  disown
}
# gets HOST tcp|udp ADDRESS PORT [COMMAND...]: the word of that service arrives, asked through COMMAND.
gets() {
  local host=$1 protocol=$2 address=$3 port=$4 answer
  shift 4
  answer=$(echo ask | in_host "$host" "$@" timeout 3 socat -t 1 -T 1 - "${protocol^^}4:$address:$port,connect-timeout=1" 2>/dev/null)
  [[ $answer == served ]]
}
gets_not() { ! gets "$@"; }
as_job=(setpriv --reuid "$job" --regid "$job" --clear-groups --bounding-set -all --inh-caps -all)

for port in 22 80 443 7781 9618; do serve alice tcp "$port"; serve server tcp "$port"; serve bob tcp "$port"; done
for port in 53 67 123 5000; do serve server udp "$port"; done
serve alice udp 5000
serve alice udp 53
within 10 "before: the LAN reaches alice" gets server tcp "$lan_alice" 22
within 10 "before: alice reaches the LAN" gets alice tcp "$lan_server" 80
within 10 "before: bob reaches alice on the virtual network" gets bob tcp "$alice" 80

# --- apply --------------------------------------------------------------------------------------------------
in_host alice nft -f - <<'RULES'
table inet other {
  chain c { type filter hook input priority 10; policy accept; tcp dport 1 drop; }
}
RULES
other=$(table alice)
holds "apply" firewall alice apply --role worker --job-user nobody
is "print is what the kernel shows" "$(firewall alice print | sed 1,2d)" \
  "$(in_host alice nft --stateless list table inet ga_firewall)"
is "the node's port was asked of it" 1 "$(firewall alice print | grep -c "udp dport $overlay_port accept")"
holds "another program's table stays" grep -qF "$other" <(table alice | tr -d '\0')
holds "status says so" firewall alice status
before=$(in_host alice nft --handle list table inet ga_firewall)
holds "apply again" firewall alice apply
is "apply again changes nothing" "$before" "$(in_host alice nft --handle list table inet ga_firewall)"

# Without the watch a flush opens the machine, and jobs are no longer confined.
in_host alice "$bin/ga-firewall" --dir "$run/etc" --socket "$run/alice/socket" watch >"$run/alice/watch.log" 2>&1 &
watch=$!
disown
watch_says() { grep -q "$1" "$run/alice/watch.log"; }
within 10 "the watch runs" watch_says 'watching the rules'
in_host alice nft flush ruleset
within 5 "rules that were flushed are put back, and the log says so" watch_says 'the rules were removed; loaded them again'
holds "status says so too" firewall alice status
in_host alice nft flush table inet ga_firewall
within 5 "rules of which a part was taken away are put back" watch_says 'changed by another program'
holds "and all of them" firewall alice status
changes=$(grep -c warning "$run/alice/watch.log")
holds "new settings are not undone" firewall alice apply --role manager
# What is changed while it takes them over is put back as well, and not told.
within 10 "the watch takes them over" watch_says 'the settings were changed'
in_host alice nft flush table inet ga_firewall
more_changes() { (($(grep -c warning "$run/alice/watch.log") > changes)); }
within 5 "a change after that is seen" more_changes
is "and was the only one to be told" $((changes + 1)) "$(grep -c warning "$run/alice/watch.log")"
holds "the watch keeps the new settings" grep -q manager <(firewall alice status)
holds "back to the first role" firewall alice apply --role worker --job-user nobody
in_host alice nft -f - <<<"$other"
kill "$watch"
while [[ -e /proc/$watch ]]; do sleep 0.05; done
holds "the rules stay when the watch ends" firewall alice status

holds "the LAN does not reach ssh" gets_not server tcp "$lan_alice" 22
holds "the LAN does not reach another service" gets_not server udp "$lan_alice" 5000
holds "the LAN gets no answer to a ping" eval '! in_host server ping -q -c 1 -W 1 "$lan_alice"'
holds "alice does not reach a service of the LAN" gets_not alice tcp "$lan_server" 80
within 10 "alice reaches a name server over UDP" gets alice udp "$lan_server" 53
within 10 "alice reaches a time server" gets alice udp "$lan_server" 123
holds "alice does not reach another UDP port" gets_not alice udp "$lan_server" 5000
holds "virtual addresses do not leave by the physical network" \
  eval '! in_host alice ping -q -c 1 -W 1 -I eth0 "$bob"'
holds "alice pings bob" pings alice bob 20
holds "bob pings alice" pings bob alice 20
within 10 "bob reaches alice's ssh" gets bob tcp "$alice" 22
within 10 "bob reaches HTCondor's port" gets bob tcp "$alice" 9618
within 10 "and the log of pings" gets bob tcp "$alice" 7781
holds "bob does not reach what the role does not need" gets_not bob tcp "$alice" 80
within 10 "alice reaches every service of bob" gets alice tcp "$bob" 80
stop_node alice TERM
start_node alice --tap tap0 --hostname alice
holds "a node that starts behind the rules joins and holds its address" ctl alice wait lease --timeout "$((30 * patience))s"
start_client alice
is "its DHCP client is configured" "$alice" "$(virtual_address alice)"
within 20 "bob reaches it again" gets bob tcp "$alice" 22

# --- path MTU: a router's word about a packet that is too large comes in -------------------------------------
in_host home ip link set wan mtu 1300
head -c 1400 /dev/zero | in_host alice socat -b 1400 -u - "UDP4:${public_of[relay]}:53" >/dev/null 2>&1
within 5 "a packet that is too large is reported by ICMP" \
  eval 'in_host alice ip route get "${public_of[relay]}" | grep -q "mtu 1300"'
in_host home ip link set wan mtu 1500

# --- S25 ----------------------------------------------------------------------------------------------------
chmod 700 "$run/alice/state"
chmod 755 "$run" "$run/alice"
key=$(find "$run/alice/state" -type f -name '*key*' | head -n 1)
holds "there is a key to steal" test -n "$key"
echo secret >"$run/alice/medium" && chmod 600 "$run/alice/medium"
sleep 600 &
victim=$!
job() { in_host alice "${as_job[@]}" "$@"; }
job_gets_not() { gets_not alice "$@" "${as_job[@]}"; }
job_fails() { ! job timeout 3 "$@" >/dev/null 2>&1; }

within 10 "S25: a job reaches a member on the virtual network" gets alice tcp "$bob" 80 "${as_job[@]}"
within 10 "S25: a job reaches its own machine's virtual address" gets alice tcp "$alice" 80 "${as_job[@]}"
within 10 "S25: a job reaches loopback" gets alice tcp 127.0.0.1 80 "${as_job[@]}"
# What root reaches and a job does not is the job's rules' doing.
serve relay tcp 80
holds "S25: rules under which root reaches more than jobs" \
  firewall alice apply --role worker --job-user nobody --reach tcp:80 --reach udp:5000
for target in "tcp $lan_server 80" "tcp ${public_of[relay]} 80" "udp $lan_server 53" "udp 127.0.0.1 53" \
  "udp $lan_server 123" "udp $lan_server 5000" "tcp $lan_alice 80"; do
  # shellcheck disable=SC2086
  within 10 "S25: root reaches $target" gets alice $target
done
is "S25: a job resolves a member's name" "$bob" "$(job dig +short +time=2 +tries=3 bob.ipop)"
holds "S25, 1: a job does not reach a host of the LAN" job_gets_not tcp "$lan_server" 80
holds "S25, 2: a job does not reach a public host" job_gets_not tcp "${public_of[relay]}" 80
holds "S25, 3: a job does not reach a name server outside" job_gets_not udp "$lan_server" 53
holds "S25, 4: a job does not reach a resolver on loopback" job_gets_not udp 127.0.0.1 53
holds "S25, 5: a job does not reach a time server" job_gets_not udp "$lan_server" 123
holds "S25, 6: a job does not reach another UDP service of the LAN" job_gets_not udp "$lan_server" 5000
holds "S25, 7: a job does not reach its machine's physical address" job_gets_not tcp "$lan_alice" 80
holds "S25, 8: a job does not speak to DHCP servers" job_gets_not udp "$bob" 67
holds "S25, 9: a job does not ask or stop the node" job_fails "$bin/ipop-ctl" --socket "$run/alice/socket" stop
holds "S25, 10: a job does not read the node's key" job_fails cat "$key"
holds "S25, 11: a job does not read the medium with the configuration" job_fails cat "$run/alice/medium"
holds "S25, 12: a job opens no raw socket" job_fails socat -u OPEN:/dev/null "IP4-SENDTO:$lan_server:253"
holds "S25, 13: a job does not end another user's process" job_fails bash -c "kill -0 $victim"
holds "S25, 14: a job does not change the rules" job_fails nft delete table inet ga_firewall
holds "S25, 15: a namespace of its own brings a job no other network" \
  job_gets_not tcp "$lan_server" 80 unshare --user --map-root-user
kill "$victim" 2>/dev/null
holds "S25: the node serves on" ctl alice status

# --- atomic: whoever looks sees all of the rules or those before, never a part --------------------------------
firewall alice apply --role worker --job-user nobody >/dev/null 2>&1
in_host alice bash -c '
  for ((i = 0; i < 40; i++)); do
    nft --stateless list table inet ga_firewall | md5sum
  done' >"$run/seen" &
looker=$!
for ((i = 0; i < 6; i++)); do
  firewall alice apply --role manager --allow tcp:80 >/dev/null 2>&1
  firewall alice apply --role worker --job-user nobody >/dev/null 2>&1
done
wait "$looker"
holds "apply is one step: two sets of rules were seen, no third" test "$(sort -u "$run/seen" | wc -l)" -le 2
holds "rules that the kernel refuses leave those before in force" \
  eval '! { firewall alice print; echo "add rule inet ga_firewall nowhere accept"; } | in_host alice nft -f - && firewall alice status'
holds "further services are let in and out" \
  firewall alice apply --allow tcp:80 --allow-physical tcp:22 --reach tcp:80
within 10 "a service that is let in is reached by members" gets bob tcp "$alice" 80
within 10 "ssh that is let in is reached from the LAN" gets server tcp "$lan_alice" 22
within 10 "what may be reached on the LAN is reached" gets alice tcp "$lan_server" 80
holds "nothing else is: the LAN does not reach HTCondor's port" gets_not server tcp "$lan_alice" 9618
holds "nor the log of pings" gets_not server tcp "$lan_alice" 7781

# --- nobody is locked out ---------------------------------------------------------------------------------------
holds "remove" firewall alice remove
cp "$(command -v socat)" "$run/sshd"
in_host alice "$run/sshd" TCP4-LISTEN:2222,reuseaddr,fork SYSTEM:'echo served; sleep 60' >/dev/null 2>&1 </dev/null &
disown
(sleep 60) | in_host server socat - "TCP4:$lan_alice:2222,retry=20,interval=0.1" >"$run/session" 2>/dev/null &
session=$!
within 5 "a session on the physical network is open" grep -q served "$run/session"
status=0
said=$(firewall alice apply 2>&1) || status=$?
is "rules that cut it are not applied" 1 "$status"
holds "the session is named" grep -q "$lan_server.*$lan_alice:2222" <<<"$said"
is "nothing was changed" "$other" "$(table alice)"
holds "they are with --yes" firewall alice apply --yes
kill "$session" 2>/dev/null

# --- remove leaves nothing ----------------------------------------------------------------------------------------
holds "remove again" firewall alice remove
is "what others had is all that is left" "$other" "$(table alice)"
holds "no settings are left" test ! -e "$run/etc/firewall"
within 10 "the LAN reaches alice as before" gets server tcp "$lan_alice" 22
finish
