#!/usr/bin/env bash
# The pool's demo leaves nothing behind when it is interrupted: no namespace, no file, no mount, no process.
#
# The topology is drawn in demo/internet.sh.
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

[[ ! -e /run/ga-demo ]] || skip "a demo is kept running on this machine (make demo-stop)"
mkdir "$run/tmp"
export TMPDIR=$run/tmp
traces() { # of the demo with process id $1
  ip netns list | grep -c "^ga$1-"
  find /etc/netns "$run/tmp" -mindepth 1 -maxdepth 1 2>/dev/null | grep -cE "ga$1-|ga-demo"
  grep -c "$run/tmp" /proc/mounts
  pgrep -cf "machine_init .* $run/tmp/"
}

setsid "$here/../../demo/pool_demo.sh" "$bin" >"$run/out" 2>"$run/err" &
pid=$!
booted() { [[ -s $(echo "$run"/tmp/ga-demo.*/carol/machine.pid) ]]; }
within 60 "a demo is under way" booted
kill -TERM "$pid"
wait "$pid"
is "interrupted, it ends by itself" 143 $?
is "and leaves nothing" "0 0 0 0" "$(traces "$pid" | paste -sd' ')"
is "nothing goes to stderr when that is no terminal" "" "$(<"$run/err")"
finish
