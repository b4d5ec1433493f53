#!/usr/bin/env bash
# A demo that is kept: its hosts are entered as it says at its end, each with a group of its own, and it is ended.
#
# The topology is drawn in demo/internet.sh. It runs where /run is its own: no other demo of this machine meets it.
if [[ $(id -u) == 0 && ! ${own_run-} ]] && unshare --mount true 2>/dev/null; then
  # shellcheck disable=SC2016  # for the shell inside
  own_run=yes exec unshare --mount sh -c 'mount -t tmpfs own /run && exec "$@"' own_run "$0" "$@"
fi
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

demo=$here/../../demo/demo.sh
mkdir "$run/tmp"
export TMPDIR=$run/tmp
others() { find /etc/ipop /var/lib/ipop -name '*other*' 2>/dev/null | sort; }
before=$(others)
status=0
bash -c 'echo $$ >"$0"; KEEP=1 exec "$@"' "$run/pid" "$demo" "$bin" >"$run/out" 2>"$run/err" </dev/null || status=$?
is "the demo succeeds" 0 "$status"
internet=ga$(<"$run/pid")
# Whatever becomes of it, nothing of it stays.
mapfile -t namespaces < <(ip netns list | sed -n "s/^$internet-\([^ ]*\).*/\1/p")
((status == 0)) || { sed 's/^/# /' "$run/out" "$run/err"; finish; }

entering=$(sed -n 's/^It stays up\. Enter a host: *\(.*\) alice  .*/\1/p' "$run/out")
enter() { # HOST COMMAND...: as the demo says
  # shellcheck disable=SC2086  # a command line
  $entering "$@" </dev/null
}
holds "it says how to enter a host" test -n "$entering"
for host in alice bob carol dave relay; do
  holds "$host: ga status finds its node, and nothing wrong" enter "$host" ga status
done
is "alice: ga status is of her machine" alice.ipop "$(enter alice ga status | sed -n 's/^machine *\([^,]*\),.*/\1/p')"
is "bob: ipop-ctl asks his node" bob "$(enter bob ipop-ctl status --json | jq -r '.names[1]')"
holds "alice: names are found" enter alice ping -q -n -c 1 -w 10 bob.ipop
holds "alice: the doctor finds nothing wrong" enter alice ga doctor --outside none
enter alice ga-group new other --prefix 100.64.0.0/10 >"$run/new" 2>&1
is "alice: a group of her own can be made" 0 $?
is "and nothing of it reaches this machine" "$before" "$(others)"
status=0
enter zoe true 2>"$run/err" || status=$?
is "a host that is not there is named" '1 demo: no host "zoe" to enter in the demo that is running; there are: alice bob carol dave relay' \
  "$status $(<"$run/err")"
status=0
enter carol sh -c 'exit 7' || status=$?
is "a command's exit status is handed on" 7 "$status"

# A node that was stopped is started again as `ga status` says, and is what it was.
address() { enter alice ipop-ctl status --json | jq -re .address; }
before=$(address)
shown() { enter "$1" ipop-node config show | sed -n "s/^$2 = //p"; }
is "alice: the settings are those of her node" '"tap0" "alice" 4700' "$(shown alice tap) $(shown alice hostname) $(shown alice port)"
is "relay: its own" true "$(shown relay no_tap)"
holds "alice: her node is stopped" enter alice ipop-ctl stop
has_ended() { ! enter alice ipop-ctl status; }
within 20 "it ends" has_ended
next=$(enter alice ga status 2>&1 | sed -n 's/^ *next: //p')
is "the next thing is to start it" "ipop-node --configure --group demo &" "$next"
enter alice sh -c "$next" >"$run/again" 2>&1
is_back() { [[ $(address) == "$before" ]]; }
within 60 "another shell finds it, with the address that it had" is_back
is_well() { enter alice ga status; }
within 60 "and nothing wrong" is_well
within 60 "bob reaches it by its name" enter bob ping -q -n -c 1 -W 1 alice.ipop
sed 's/^/# /' "$run/again" | head -n 5

is "it is ended" "demo: ended" "$("$demo" --stop 2>&1)"
is "and leaves no namespace and no file" "" "$(ip netns list)$(find "$run/tmp" /etc/netns -path "*$internet*" -o -name 'ga-demo.*')"
holds "a second end finds none" grep -qx 'demo: none is running' <("$demo" --stop)
finish
