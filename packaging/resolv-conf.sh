#!/bin/sh
# resolv-conf [GROUP] - makes /etc/resolv.conf name the servers of the nodes that run with --configure, and of no others.
#
# A node writes its lines to /run/ipop/GROUP.resolv-conf and into /etc/resolv.conf. It can't write that again from its
# sandbox when another program has put a new file in its place, as dhclient does with every lease; this script can:
# ipop-resolv-conf.path starts it then. With GROUP, whose node has ended, its lines are taken out.
set -eu
here=${IPOP_RUN:-/run/ipop} conf=${IPOP_RESOLV_CONF:-/etc/resolv.conf}
[ -z "${1-}" ] || rm -f "$here/$1.resolv-conf"
# Another resolver's own file is no place for lines of ours.
[ -f "$conf" ] && [ ! -L "$conf" ] || exit 0
before=$(cat "$conf")
after=$(sed '/^# ipop-node .*: begin/,/^# ipop-node .*: end$/d' "$conf")
for lines in "$here"/*.resolv-conf; do
  [ -f "$lines" ] || continue
  after="$(cat "$lines")
$after"
done
[ "$before" = "$after" ] || printf '%s\n' "$after" >"$conf"
