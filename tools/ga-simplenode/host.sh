#!/bin/sh
# host.sh - what ga-simplenode runs on a host, sent by ssh: it says what there is to know, in lines `@ga KEY VALUE`, the
# last of which is `@ga end`.
set -u
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
LC_ALL=C
export PATH LC_ALL

say() { printf '@ga %s\n' "$*"; }

groups() { # of which there is a file, or a node that was started in another way
  for path in /etc/ipop/*.toml /run/ipop/*.sock; do
    [ -e "$path" ] || continue
    name=${path##*/}
    echo "${name%.*}"
  done | sort -u
}

say_node() {
  answer=$(ipop-ctl --group "$1" --timeout 5s --json status 2>/dev/null | tr '\n' ' ')
  what_is_wrong=$(ipop-ctl --group "$1" --timeout 5s status 2>&1 >/dev/null | head -n 1)
  if [ -z "$answer" ]; then
    say silent "$1" "$what_is_wrong"
    return
  fi
  say node "$1" "$answer"
  case $what_is_wrong in *"program was replaced"*) say replaced "$1" ;; esac
}

report() {
  if [ "$(id -u)" = 0 ]; then say root yes; else say root no; fi
  say system "$(sed -n 's/^ID=//p' /etc/os-release 2>/dev/null | tr -d '"')" \
    "$(sed -n 's/^VERSION_ID=//p' /etc/os-release 2>/dev/null | tr -d '"')"
  say architecture "$(dpkg --print-architecture 2>/dev/null)"
  for package in ipop grid-appliance grid-appliance-pool grid-appliance-tools grid-appliance-doc; do
    dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' "$package" 2>/dev/null | sed -n 's/^installed /@ga package /p'
  done
  say load "$(cat /proc/loadavg)"
  say processors "$(nproc)"
  say memory "$(awk '$1 == "MemTotal:" { all = $2 } $1 == "MemAvailable:" { free = $2 } END { print all, free }' /proc/meminfo)"
  say uptime "$(cut -d. -f1 /proc/uptime)"
  for group in $(groups); do say_node "$group"; done
  say end
}

report </dev/null
