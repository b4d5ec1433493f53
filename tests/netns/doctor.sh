#!/usr/bin/env bash
# `ga doctor` finds each fault that a person can put right, in the line that names it; `ga status` on the way.
#
#   alice -- [home: cone] -- internet -- [lab: cone] -- bob
#                               |
#                             relay
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_host alice home
make_host bob lab
make_group relay
mkdir -p "$run/etc"
cp "$run/group.toml" "$run/etc/demo.toml"
# A name that is not of the group, without a resolver on the internet.
echo "${public_of[relay]} outside.example" >"/etc/netns/$internet-alice/hosts"

ga() { # HOST WORD...
  in_host "$1" "$bin/ga" --dir "$run/etc" --group demo --socket "$run/$1/socket" --state-dir "$run/$1/state" "${@:2}"
}
doctor() { ga alice doctor --plain --outside outside.example; }
# The one line that is wrong: its topic, what it says, its command; and the exit status.
finds() { # NAME STATUS TOPIC WORDS COMMAND
  local status=0 wrong
  doctor >"$run/doctor" 2>"$run/talk" || status=$?
  is "$1: the status" "$2" "$status"
  wrong=$(awk -F'\t' '$3 == "wrong"' "$run/doctor")
  is "$1: one thing is wrong, and it is" "$3" "$(cut -f2 <<<"$wrong")"
  [[ $(cut -f4 <<<"$wrong") == *"$4"* ]]
  result $? "$1: says $4"
  [[ $(cut -f6 <<<"$wrong") == *"$5"* ]]
  result $? "$1: the command is $5"
  [[ $(cut -f2 <<<"$wrong") == "$3" && $(cut -f4 <<<"$wrong") == *"$4"* && $(cut -f6 <<<"$wrong") == *"$5"* ]] ||
    sed 's/^/# /' "$run/doctor" "$run/talk"
}
is_well() { doctor >"$run/doctor" 2>"$run/talk"; }
well() { within 20 "$1" is_well; ((failures == 0)) || sed 's/^/# /' "$run/doctor"; }

# --- nothing runs, nothing is there --------------------------------------------------------------------------
status=0
in_host alice "$bin/ga" --dir "$run/empty" doctor >"$run/doctor" 2>&1 || status=$?
is "no group: the status" 3 "$status"
holds "no group: how to get into one" grep -q 'ga-group join TOKEN' "$run/doctor"
finds "a node that does not run" 3 node "is not running" "ipop-node"
echo 'port = 4700' >>"$run/etc/demo.toml"
in_host alice socat -u UDP4-RECVFROM:4700,fork - >/dev/null 2>&1 &
other=$!
is_taken() { in_host alice ss -Hlun 'sport = :4700' | grep -q 4700; }
within 10 "another program has the port" is_taken
finds "a node whose port is taken" 3 node "UDP port 4700 is in use" "ipop-node config check"
for pid in $(ip netns pids "$internet-alice"); do kill "$pid" 2>/dev/null; done
wait "$other" 2>/dev/null
cp "$run/group.toml" "$run/etc/demo.toml"
in_host alice ip link add lan0 type bridge
in_host alice ip addr add 10.200.0.1/16 dev lan0
in_host alice ip link set lan0 up
finds "a network at home that is the virtual one" 3 node "10.200.0.0/16" "ipop-node config check"
in_host alice ip link del lan0

# --- alone, then with others ---------------------------------------------------------------------------------
start_node relay --no-tap
within 10 "the first node answers" ctl relay status
ga relay status >"$run/status" 2>&1
is "alone: the status" 0 $?
holds "alone: says that it waits for others" grep -q 'alone: waiting for others' "$run/status"
holds "alone: the next thing is a token" grep -q 'next: ga-group token demo' "$run/status"
bring_up alice
bring_up bob
well "a healthy member has nothing wrong"
holds "a name of the group is found" grep -qE '	names	good	.*\.ipop' "$run/doctor"
holds "a name of outside is found" grep -qE '	names	good	outside.example' "$run/doctor"
holds "full packets pass" grep -qE '	path	good' "$run/doctor"
holds "the bootstrap node answers" grep -qE '	bootstrap	good	1 of 1' "$run/doctor"
ga alice status --json >"$run/json"
is "status: the status" 0 $?
holds "status as JSON: two links and more, and nothing is wrong" \
  jq -e '.schema == "ga.status/1" and .groups[0].verdict == "good" and .groups[0].links >= 1 and .next == null' "$run/json"
ga bob status >"$run/status" 2>&1
holds "status: the name of the machine" grep -qE '^machine +bob\.ipop, 10\.' "$run/status"

# --- one fault after the other -------------------------------------------------------------------------------
sed -i 's/^prefix.*/prefix = "nonsense"/' "$run/etc/demo.toml"
finds "a damaged group file" 1 files "demo.toml:3" "ga-group check demo"
cp "$run/group.toml" "$run/etc/demo.toml"

chmod 0644 "$run/alice/state/key.pem"
finds "a key that others may read" 1 files "chmod" "ipop-node config check"
chmod 0600 "$run/alice/state/key.pem"

touch -d '+1 day' "$run/alice/state/state.json"
finds "a clock that is behind" 1 clock "behind its own files" "date"
touch "$run/alice/state/state.json"

kill -STOP "$(node_process alice)"
finds "a node that hangs" 1 node "does not answer on its socket" "ipop-ctl stop"
kill -CONT "$(node_process alice)"

address=$(virtual_address alice)
in_host alice ip addr del "$address/9" dev tap0
finds "an interface without its address" 1 address "not on the interface tap0" "--configure"
in_host alice ip addr add "$address/9" dev tap0

cp "/etc/netns/$internet-alice/resolv.conf" "$run/resolv.conf"
echo 'nameserver 127.0.0.1' >"/etc/netns/$internet-alice/resolv.conf"
finds "a resolver that does not ask the node" 1 names ".ipop" "ipop-dns serve"
cat "$run/resolv.conf" >"/etc/netns/$internet-alice/resolv.conf"

echo '127.0.0.1 localhost' >"/etc/netns/$internet-alice/hosts"
finds "a resolver that knows no other names" 1 names "outside.example" "resolv.conf"
echo "${public_of[relay]} outside.example" >"/etc/netns/$internet-alice/hosts"

in_host bob nft -f - <<'RULES'
table inet fault {
  chain in { type filter hook input priority 0;
    iifname "tap0" icmp type echo-request drop
  }
}
RULES
finds "a member that drops pings" 1 path "does not answer pings" "ipop-ctl why"
in_host bob nft -f - <<'RULES'
delete table inet fault
table inet fault {
  chain in { type filter hook input priority 0;
    iifname "tap0" meta length > 1000 drop
  }
}
RULES
finds "a path that loses full packets" 1 path "small pings" "ipop-ctl why"
in_host bob nft delete table inet fault

mkdir -p "$run/etc/firewall"
printf 'role = "worker"\nport = "4700"\n' >"$run/etc/firewall/settings.toml"
finds "a firewall whose rules are not in force" 1 firewall "not in force" "ga-firewall apply"
rm -r "$run/etc/firewall"
well "with everything put right, nothing is wrong"

# Another machine has the name.
stop_node bob TERM
start_node bob --tap tap0 --hostname alice
is_clash_told() {
  ga bob doctor --plain --outside none >"$run/doctor" 2>&1
  grep -q $'\tnames\twrong\tthe name alice is held by the node .*\twrite hostname = "ANOTHER-NAME" into ' "$run/doctor"
}
within 30 "a name that another machine holds is found, with the way out" is_clash_told
ga bob status >"$run/status" 2>&1
is "a name that another machine holds: the status" 1 $?
holds "status says it as well" grep -qE '^wrong +names: the name alice is held by' "$run/status"
stop_node bob TERM
bring_up bob

# A clock that is ahead, for this node only.
if library=$(find /usr/lib -name libfaketime.so.1 2>/dev/null | head -n 1) && [[ $library ]]; then
  stop_node alice TERM
  rm -rf "$run/alice/state"
  node_wrapper=(env ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 DONT_FAKE_MONOTONIC=1
    FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME=+11m LD_PRELOAD="$library")
  start_node alice --tap tap0
  node_wrapper=()
  is_told() { ctl alice status --json | jq -e '[.notices[] | select(contains("clock"))] | length > 0'; }
  within 60 "the others refuse what a clock eleven minutes ahead signs" is_told
  finds "a clock that is ahead of the others'" 1 clock "ahead of the others'" "date"
fi

# Before the node starts: it then knows nobody but the bootstrap node.
stop_node alice TERM
rm -rf "$run/alice/state"
in_host home nft -f - <<RULES
table inet fault {
  chain out { type filter hook forward priority -10;
    ip daddr ${public_of[relay]} udp dport 4700 drop
  }
}
RULES
start_node alice --tap tap0 --no-lan-discovery
within 10 "alice answers" ctl alice status
finds "a bootstrap node behind a firewall" 1 bootstrap "${public_of[relay]}:4700 does not answer" "ga-group join"
in_host home nft delete table inet fault
in_host alice ip link set eth0 down
finds "no network" 1 uplink "no network" "ip address"

# --- a report for others -------------------------------------------------------------------------------------
ga bob bugreport --hide-addresses --yes --output "$run/report" >"$run/shown" 2>"$run/talk"
is "bugreport: the status" 0 $?
holds "bugreport: what was shown was written" diff "$run/shown" "$run/report"
is "bugreport: nobody else may read it" 600 "$(stat -c %a "$run/report")"
holds "bugreport: the node's status is in it" grep -q 'ipop-ctl.* status (status 0)' "$run/report"
is "bugreport: no secret of the group" 0 "$(grep -c "demo-$internet" "$run/report")"
is "bugreport: no address" 0 "$(grep -cE '10\.[0-9]+\.[0-9]+\.[0-9]+|203\.0\.113\.' "$run/report")"

# --- shut out of a closed group ------------------------------------------------------------------------------
cert() { "$bin/ga-cert" --dir "$run/authority" --groups "$run/closed" "$@"; }
mkdir "$run/closed"
holds "an authority" cert authority init demo --no-passphrase
printf 'authority = """\n%s\n"""\n' "$(<"$run/authority/authority.pem")" >>"$run/group.toml"
cp "$run/group.toml" "$run/etc/demo.toml"
for host in relay bob; do
  stop_node "$host" TERM
  rm -rf "$run/$host/state"
done
finds_bob() { ga bob doctor --plain --outside none >"$run/doctor" 2>"$run/talk" || true; awk -F'\t' '$3 == "wrong"' "$run/doctor" >"$run/wrong"; }
mkdir -p "$run/bob/state"
finds_bob
holds "a closed group without a certificate: how to get one" grep -qE $'\tnode\twrong\t.*no certificate.*ga-cert join' "$run/wrong"
for host in relay bob; do
  mkdir -p "$run/$host/state"
  cert request --key "$run/$host/state/key.pem" --user "$host" --out "$run/$host/request.pem" >/dev/null 2>&1
  cert sign "$run/$host/request.pem" --out "$run/$host/state/certificate.pem" >/dev/null 2>&1
done
start_node relay --no-tap
start_node bob --tap tap0 --configure
within 30 "bob is a member of the closed group" ctl bob wait lease --timeout 2s
ga bob doctor --plain --outside none >"$run/doctor" 2>&1
holds "his certificate is good" grep -qE $'\tcertificate\tgood\t' "$run/doctor"
holds "the authority revokes him" cert --socket "$run/relay/socket" revoke --user bob --reason left
is_shut_out() { finds_bob; grep -qE $'\tcertificate\twrong\t.*revoked by list' "$run/wrong"; }
within 30 "a machine that was shut out is told so, with what to do" is_shut_out
is "and that explains the rest" 1 "$(wc -l <"$run/wrong")"
finish
