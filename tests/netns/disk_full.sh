#!/usr/bin/env bash
# The state directory is full, or cannot be written at all: the node runs on what it has and says so once.
#
#   alice (full), bob (read-only) -- [home: cone] -- internet -- relay
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_host alice home
make_host bob home
make_group relay
start_node relay --no-tap

# The file system is mounted where only the node sees it, and goes with it.
mkdir -p "$run"/{alice,bob}/state
node_wrapper=(sh -c 'mount -t tmpfs -o size=64k none "$0" && head -c 1m /dev/zero >"$0/filler" 2>/dev/null; exec "$@"'
  "$run/alice/state")
bring_up alice
node_wrapper=(sh -c 'mount -t tmpfs -o ro none "$0" && exec "$@"' "$run/bob/state")
overlay_port=4701 bring_up bob
node_wrapper=()

holds "the disk is full, or this proves nothing" bash -c \
  "! nsenter -t $(node_process alice) -m sh -c 'echo more than nothing >\"$run/alice/state/more\"'"
holds "the two reach each other" pings alice bob
says() { grep -c "^[^ ]* warning state directory can't be written" "$run/$1/node.log"; }
for host in alice bob; do
  is "$host says once that its state is not kept" 1 "$(says "$host")"
done
# More that would be kept: new peers, again and again.
for _ in 1 2 3; do
  stop_node relay TERM
  start_node relay --no-tap
  ctl relay wait peer --timeout "$((10 * patience))s" >/dev/null 2>&1
done
holds "they still reach each other when peers come and go" pings bob alice
for host in alice bob; do
  is "$host says no more about it" 1 "$(says "$host")"
done
finish
