#!/bin/sh
# resolv-conf [GROUP | --records] - makes /etc/resolv.conf name the servers of the nodes that run with --configure, and of
# no others.
#
# A node writes its lines to /run/ipop/GROUP.resolv-conf and into /etc/resolv.conf. It can't write that again from its
# sandbox when another program has put a new file in its place, as dhclient does with every lease; this script can:
# ipop-resolv-conf.path starts it then. With GROUP, whose node has ended, its lines are taken out.
#
# Under resolvconf the lines are a record, whose name stands in /run/ipop/GROUP.resolvconf. Its hooks tell a server on
# this machine, such as dnsmasq, whose files the sandbox keeps from the node: --records has them run again.
set -eu
here=${IPOP_RUN:-/run/ipop} conf=${IPOP_RESOLV_CONF:-/etc/resolv.conf}
umask 022
has_records() {
  for record in "$here"/*.resolvconf; do [ ! -f "$record" ] || return 0; done
  return 1
}
if [ "${1-}" = --records ]; then
  ! has_records || resolvconf -u
  exit
fi
if [ -n "${1-}" ]; then
  rm -f "$here/$1.resolv-conf"
  if [ -f "$here/$1.resolvconf" ]; then
    record=$(cat "$here/$1.resolvconf")
    rm -f "$here/$1.resolvconf"
    # A node that ended well took it out already.
    if resolvconf -d "$record"; then resolvconf -u || true; fi
  fi
fi
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
