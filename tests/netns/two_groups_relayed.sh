#!/usr/bin/env bash
# Two groups on the same two machines, whose pair can link directly in neither: nobody falls, and each group carries
# its packets through a member.
#
#   alice -- [home: cone] ------ internet, relay ------ [lab: symmetric] -- bob
#   carol -- [office: symmetric] ---'      '----------- [shop: symmetric] -- dave
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 symmetric
make_site office 192.168.3 symmetric
make_site shop 192.168.4 symmetric
make_host alice home
make_host bob lab
make_host carol office
make_host dave shop
make_group relay
start_node relay --no-tap
machines=(alice bob carol dave)

cat >"$run/sea.toml" <<GROUP
name = "sea"
namespace = "sea-$internet"
prefix = "100.64.0.0/10"
bootstrap = ["${public_of[relay]}:4800"]
GROUP
start_sea() { # HOST OPTION...
  in_host "$1" "$bin/ipop-node" --group-file "$run/sea.toml" --state-dir "$run/$1/sea" --socket "$run/$1/sea.socket" \
    --port 4800 "${@:2}" >>"$run/$1/sea.log" 2>&1 </dev/null &
  disown
}
sea() { "$bin/ipop-ctl" --socket "$run/$1/sea.socket" "${@:2}"; }
start_sea relay --no-tap
for host in "${machines[@]}"; do
  start_node "$host" --tap tap0 --configure
  start_sea "$host" --tap sea0 --configure
done
for host in "${machines[@]}"; do
  within 30 "$host holds an address in demo" ctl "$host" wait lease --timeout 1s
  within 30 "$host holds an address in sea" sea "$host" wait lease --timeout 1s
done
processes() { # all nodes, of both groups
  local host pid
  for host in relay "${machines[@]}"; do
    for pid in $(ip netns pids "$internet-$host"); do
      [[ $(readlink "/proc/$pid/exe") == "$bin/ipop-node" ]] && echo "$pid"
    done
  done | sort
}
began=$(processes)
is "all ten nodes run" 10 "$(wc -l <<<"$began")"

address() { "$1" "$2" status --json | jq -r .address; }
relayed() { # GROUP FROM TO
  local to
  to=$(address "$1" "$3")
  in_host "$2" ping -q -n -c 1 -W 1 "$to" && [[ $("$1" "$2" why "$to" --json | jq -r .state) == relayed ]]
}
for pair in 'alice bob' 'carol dave'; do
  read -r from to <<<"$pair"
  for group in ctl sea; do
    within 30 "$from and $to are relayed in the group ${group/ctl/demo}" relayed "$group" "$from" "$to"
  done
done
# Each pair tries to become direct several times meanwhile; 15 s are what it took a node to fall.
for pair in 'alice bob' 'carol dave'; do
  read -r from to <<<"$pair"
  for group in ctl sea; do
    in_host "$from" ping -q -n -i 0.2 -w 25 "$(address "$group" "$to")" >"$run/pings-$from-$group" 2>&1 &
  done
done
wait
for log in "$run"/pings-*; do
  lost=$(sed -n 's/.* \([0-9.]*\)% packet loss.*/\1/p' "$log")
  holds "${log##*/pings-}: $lost % of the pings are lost" jq -ne "${lost:-100} < 5"
done
is "all ten nodes are the same processes" "$began" "$(processes)"
finish
