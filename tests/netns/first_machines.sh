#!/usr/bin/env bash
# The path of a newcomer: one command makes a group, one joins it, nothing is edited; with a stand-in for systemctl
# that starts what the unit would start.
#
#   alice -- [home: cone] -- internet -- [office: symmetric] -- bob
#                               |
#                             relay
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
# shellcheck source=../../demo/plain_machines.sh
source "$(dirname "$0")/../../demo/plain_machines.sh"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site office 192.168.3 symmetric
make_host alice home
make_host bob office

mkdir -p "$run/stand-in"
cat >"$run/stand-in/systemctl" <<'SYSTEMCTL'
#!/bin/sh
# systemctl --no-block enable --now ipop-node@GROUP
echo "$*" >>/run/systemctl
[ -e /run/broken ] && { echo "Failed to enable unit: it is broken." >&2; exit 1; }
[ "$1 $2 $3" = "--no-block enable --now" ] || exit 1
ipop-node --group "${4#ipop-node@}" --configure >/run/node.log 2>&1 </dev/null &
SYSTEMCTL
chmod +x "$run/stand-in/systemctl"

for host in relay alice bob; do make_machine "$host"; done
for host in relay alice bob; do
  within 5 "$host is a machine of its own" on "$host" true
done
((failures == 0)) || finish

on relay ga-group new lab --dry-run >"$run/changes" 2>&1
is "dry run: the status" 0 $?
holds "dry run: shows the command" grep -qx '$ systemctl --no-block enable --now ipop-node@lab' "$run/changes"
holds "dry run: nothing is written or started" on relay test ! -e /etc/ipop -a ! -e /run/systemctl

# --- the first machine ---------------------------------------------------------------------------------------
on relay ga-group new lab >"$run/token" 2>"$run/talk"
is "new: the status" 0 $?
is "new: one line on stdout" 1 "$(wc -l <"$run/token")"
is "new: the unit is enabled and started" "--no-block enable --now ipop-node@lab" "$(on relay cat /run/systemctl)"
holds "new: says that anyone with the token can join" grep -q 'Anyone' "$run/talk"
holds "new: says that nobody has come in yet, and what to do" grep -q 'No packet has come in from outside' "$run/talk"

# --- every other one -----------------------------------------------------------------------------------------
began=$(milliseconds)
on alice ga-group join "$(<"$run/token")" >"$run/alice" 2>"$run/talk"
is "join: the status" 0 $?
holds "join: says as whom" grep -qE '^joined lab as 10\.[0-9.]+ \(C[0-9]{9}\.ipop' "$run/alice"
is "join: one line on stdout" 1 "$(wc -l <"$run/alice")"
on bob ga-group join - --json <"$run/token" >"$run/bob" 2>>"$run/talk"
is "join from stdin: the status" 0 $?
bob=$(jq -r .address "$run/bob")
within 30 "alice reaches bob" on alice ping -q -n -c 1 -w 2 "$bob"
elapsed=$(($(milliseconds) - began))
echo "# from the first join to the first ping: $elapsed ms"
holds "both use what the token gave them" test "$(on alice cat /etc/ipop/lab.toml)" = "$(on bob cat /etc/ipop/lab.toml)"

on alice ga-group join "$(<"$run/token")" >"$run/again" 2>"$run/talk"
is "joining twice: the status" 0 $?
holds "joining twice: the address is the same" diff <(cut -d' ' -f4 "$run/alice") <(cut -d' ' -f4 "$run/again")

# What stands in the group's file or the node's and is read at a start only is not passed over in silence.
on alice sh -c "sed -i '/^port/d' /etc/ipop/lab.toml && echo 'port = 25999' >>/etc/ipop/lab.toml"
holds "reload: a port of the group's file takes effect after a restart" \
  grep -qx 'takes effect after a restart of the node: port = 25999' <(on alice ipop-ctl reload 2>&1)
on alice sh -c "mkdir -p /etc/ipop/node && echo 'port = 25998' >>/etc/ipop/node/lab.toml"
holds "reload: and the node's own comes before it" \
  grep -qx 'takes effect after a restart of the node: port = 25998' <(on alice ipop-ctl reload 2>&1)
on alice sh -c "sed -i '/^port/d' /etc/ipop/lab.toml /etc/ipop/node/lab.toml && echo 'mtu = 1300' >>/etc/ipop/node/lab.toml"
holds "reload: nor is any other setting" \
  grep -qx 'takes effect after a restart of the node: what changed in /etc/ipop/node/lab.toml since it started' \
  <(on alice ipop-ctl reload 2>&1)
on alice rm /etc/ipop/node/lab.toml

# --- tokens of members behind NATs ---------------------------------------------------------------------------
on alice ga-group token --json >"$run/json" 2>"$run/talk"
is "token: the status" 0 $?
holds "token: alice's observed endpoint is in it" jq -e --arg it "${public_of[home]}" \
  '.endpoints | any(startswith($it + ":"))' "$run/json"
holds "token: the relay is in it" jq -e --arg it "${public_of[relay]}" '.endpoints | any(startswith($it + ":"))' "$run/json"

on bob ga-group new second --prefix 100.64.0.0/10 --no-start >"$run/second" 2>"$run/talk"
is "new behind a NAT: the status" 0 $?
holds "new behind a NAT: says that nobody outside reaches it, and what to do" \
  grep -qE 'not known whether.*--no-tap.*forward UDP port' "$run/talk"

# --- what goes wrong -----------------------------------------------------------------------------------------
on bob ga-group new third >/dev/null 2>"$run/talk"
is "a prefix in use: the status" 1 $?
holds "a prefix in use: names the clash and a free one" grep -qE -- 'overlaps 10\.128\.0\.0/9.*|--prefix 100\.' "$run/talk"
on relay touch /run/broken
on relay ga-group new fourth --prefix 100.64.0.0/10 >"$run/fourth" 2>"$run/talk"
is "systemd refuses: the status" 7 $?
holds "systemd refuses: the token is there all the same" grep -q '^ga1-' "$run/fourth"
holds "systemd refuses: its words" grep -q 'it is broken' "$run/talk"
holds "systemd refuses: the next command" grep -q 'next: systemctl status ipop-node@fourth' "$run/talk"

sees_all() { [[ $(on "$1" ipop-ctl members --plain | wc -l) == 3 ]]; }
for host in relay alice bob; do within 10 "$host sees all three members" sees_all "$host"; done
finish
