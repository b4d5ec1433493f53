#!/usr/bin/env bash
# Two groups' nodes on one machine without systemd-resolved, each of which sets itself up as its name server: neither
# takes the other for a server that the machine had, so a question for a name of outside goes out, and in no circle.
#
#   alice -- [home: cone] -- internet -- relay, names (a name server)
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_server names
make_site home 192.168.1 cone
make_host alice home
make_group relay
start_node relay --no-tap
cat >"$run/sea.toml" <<GROUP
name = "sea"
namespace = "sea-$internet"
prefix = "100.64.0.0/10"
domain = "sea"
bootstrap = ["${public_of[relay]}:4800"]
GROUP
mkdir -p "$run/relay" "$run/alice"
in_host relay "$bin/ipop-node" --group-file "$run/sea.toml" --state-dir "$run/relay/sea" --socket "$run/relay/sea.socket" \
  --port 4800 --no-tap >>"$run/relay/sea.log" 2>&1 </dev/null &
disown
in_host names "$here/name_server.py" "${public_of[names]}" >"$run/names.log" 2>&1 </dev/null &
disown
serves() { in_host names dig +short +time=1 +tries=1 "@${public_of[names]}" outside.example | grep -q 192.0.2.80; }
within 20 "the outside world has a name server" serves

# The machine: an /etc of its own, and both nodes.
cat >"$run/machine" <<'MACHINE'
bin=$1 run=$2 server=$3
umount /etc/resolv.conf 2>/dev/null
mkdir -p "$run/etc"
mount -t tmpfs none "$run/etc"
cp -a /etc/. "$run/etc/" 2>/dev/null
mount --bind "$run/etc" /etc
rm -f /etc/resolv.conf
echo "nameserver $server" >/etc/resolv.conf
for group in demo:group:tap0 sea:sea:sea0; do
  IFS=: read -r name file tap <<<"$group"
  "$bin/ipop-node" --group-file "$run/$file.toml" --state-dir "$run/alice/$name" --socket "$run/alice/$name.socket" \
    --tap "$tap" --configure >>"$run/alice/$name.log" 2>&1 </dev/null &
  echo "$!" >"$run/alice/pid"
done
# What a program of the machine asks, when the test says so.
while read -r name; do
  getent ahostsv4 "$name" | awk '$2 == "STREAM" { print $1; exit }' >"$run/answer.new"
  mv "$run/answer.new" "$run/answer"
done <"$run/questions"
kill $(jobs -p)
wait
MACHINE
mkfifo "$run/questions"
in_host alice unshare --mount bash "$run/machine" "$bin" "$run" "${public_of[names]}" >"$run/machine.log" 2>&1 </dev/null &
machine=$!
exec {questions}>"$run/questions"
node() { "$bin/ipop-ctl" --socket "$run/alice/$1.socket" "${@:2}"; }
within 30 "alice holds an address in demo" node demo wait lease --timeout 1s
within 30 "alice holds an address in sea" node sea wait lease --timeout 1s
# The file as the machine sees it.
registered() { [[ $(grep -c 'ipop-node .*: begin' "/proc/$(cat "$run/alice/pid")/root/etc/resolv.conf") == 2 ]]; }
within 20 "both nodes are the machine's name servers" registered

count() { node "$1" status --json | jq ".counters.$2 // 0"; }
ask_machine() { # NAME: the first address that a program gets
  rm -f "$run/answer"
  echo "$1" >&"$questions"
  for ((tries = 0; tries < 600; tries++)); do [[ -e $run/answer ]] && break; sleep 0.1; done
  cat "$run/answer"
}
finds_outside() { [[ $(ask_machine outside.example) == 192.0.2.80 ]]; }
within 20 "a program finds a name of outside" finds_outside

# Asked one at a time, each node asks the outside world itself.
for pair in demo:10.128.0.1:sea sea:100.64.0.1:demo; do
  IFS=: read -r asked server other <<<"$pair"
  before=$(count "$other" dns_queries)
  answers=0
  for ((i = 0; i < 20; i++)); do
    [[ $(in_host alice dig +short +time=5 +tries=1 "@$server" outside.example) != 192.0.2.80 ]] || answers=$((answers + 1))
  done
  is "$asked answers all that it is asked" 20 "$answers"
  is "and asks the node of $other nothing" "$before" "$(count "$other" dns_queries)"
done
exec {questions}>&-
wait "$machine"
finish
