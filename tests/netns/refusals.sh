#!/usr/bin/env bash
# A node that cannot do its work says why in one line, ends with the status of the table, and leaves nothing behind.
#
#   alice -- [home: cone] -- internet
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site clash 10.129.7 cone
make_host alice home
make_host bob clash
make_group relay
# One of the tries is made by a user who owns nothing here.
chmod 755 "$run"

# refused STATUS PATTERN NAME HOST COMMAND...: status, one line that matches, no TAP and no socket left.
refused() {
  local wanted=$1 pattern=$2 name=$3 host=$4 status=0 output
  shift 4
  rm -rf "${run:?}/$host"
  mkdir -m 777 "$run/$host"
  output=$(in_host "$host" timeout 10 "$@" 2>&1 </dev/null) || status=$?
  is "$name: the status" "$wanted" "$status"
  # And who may not is told the command that would work.
  is "$name: one line" 1 "$(grep -vc '^  next: ' <<<"$output")"
  grep -qiE "$pattern" <<<"$output"
  result $? "$name: says what is wrong"
  grep -qiE "$pattern" <<<"$output" || sed 's/^/# said: /' <<<"$output"
  ip -n "$internet-$host" link show tap0 >/dev/null 2>&1
  is "$name: no TAP is left" 1 $?
  holds "$name: no socket is left" test ! -e "$run/$host/socket"
}
node() { # HOST OPTION...: the command line of start_node
  command=("$bin/ipop-node" --group-file "$run/group.toml" --state-dir "$run/$1/state" --socket "$run/$1/socket"
    --port "$overlay_port" "${@:2}")
}

node alice --tap tap0 --no-such-option
refused 2 'no-such-option' "an unknown option" alice "${command[@]}"

chmod 755 "$run"
node alice --tap tap0
refused 4 'CAP_NET_ADMIN|root' "a user without rights" alice \
  setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all --inh-caps -all "${command[@]}"

cp "$run/group.toml" "$run/good.toml"
sed -i 's/^prefix/prefxi/' "$run/group.toml"
refused 5 'group\.toml.*prefxi.*prefix' "an unknown key in the group file" alice "${command[@]}"
: >"$run/group.toml"
refused 5 'group\.toml' "an empty group file" alice "${command[@]}"
rm "$run/group.toml"
refused 5 'group\.toml' "a missing group file" alice "${command[@]}"
cp "$run/good.toml" "$run/group.toml"

node bob --tap tap0
refused 1 '10\.128\.0\.0/9.*100\.64\.0\.0/10' "a virtual network that overlaps a physical one" bob "${command[@]}"

mkdir -p "$run/alice/state"
start_node relay --no-tap
within 10 "a node answers on its socket" ctl relay status
node second --no-tap
status=0
output=$(in_host relay timeout 10 "${command[@]}" 2>&1 </dev/null) || status=$?
is "a port that is taken: the status" 1 "$status"
is "a port that is taken: one line" 1 "$(wc -l <<<"$output")"
holds "a port that is taken: names it and what to do" grep -qE "$overlay_port.*--port" <<<"$output"
holds "a port that is taken: no socket is left" test ! -e "$run/second/socket"

node relay --no-tap
command=("${command[@]/$overlay_port/4999}")
status=0
output=$(in_host relay timeout 10 "${command[@]}" 2>&1 </dev/null) || status=$?
is "a state directory in use: the status" 1 "$status"
holds "a state directory in use: the node that has it goes on" ctl relay status
finish
