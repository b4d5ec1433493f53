#!/usr/bin/env bash
# The demo itself: it succeeds, prints what it promises, and leaves nothing behind, also when it is interrupted.
#
# The topology is drawn in demo/internet.sh.
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

demo=$here/../../demo/demo.sh
[[ ! -e /run/ga-demo ]] || skip "a demo is kept running on this machine (make demo-stop)"
traces() { # of the demo with process id $1
  ip netns list | grep -c "^ga$1-"
  find /etc/netns "$run/tmp" -mindepth 1 -maxdepth 1 2>/dev/null | grep -cE "ga$1-|ga-demo"
}
mkdir "$run/tmp"
export TMPDIR=$run/tmp

status=0
bash -c 'echo $$ >"$0"; exec "$@"' "$run/pid" "$demo" "$bin" >"$run/out" 2>"$run/err" || status=$?
is "the demo succeeds" 0 "$status"
((status == 0)) || sed 's/^/# /' "$run/out" "$run/err"
for promise in '12 of 12 pairs answer' '16 of 16 names' 'Mbit/s' 'via '; do
  holds "it prints: $promise" grep -qF "$promise" "$run/out"
done
is "nothing goes to stderr when that is no terminal" "" "$(<"$run/err")"
is "no namespace and no file is left" "0 0" "$(traces "$(<"$run/pid")" | paste -sd' ')"

setsid "$demo" "$bin" >"$run/out" 2>"$run/err" &
pid=$!
started() { ip netns list | grep -q "^ga$pid-dave"; }
within 60 "a second one is under way" started
kill -TERM "$pid"
wait "$pid"
is "interrupted, it ends by itself" 143 $?
is "and leaves no namespace and no file" "0 0" "$(traces "$pid" | paste -sd' ')"
finish
