#!/usr/bin/env bash
# sleeps.sh ROOT - no test waits for a fixed time: a sleep is the pause of a loop that asks for a condition.
#
# Looks at shell and bats files, and at C++, of tests/ and demo/. Not meant are programs that sleep in the background
# or as somebody's input until they are ended, and here-documents: those are the jobs and machines that are tested.
# Exit status: 0 none does, 1 some do (named), 2 used wrongly.
set -euo pipefail

[[ $# == 1 && -d $1/tests ]] || { echo "usage: sleeps.sh ROOT" >&2; exit 2; }
cd "$1"
bad=0
folders=(tests)
[[ ! -d demo ]] || folders+=(demo)

mapfile -d '' -t scripts < <(find "${folders[@]}" -type f \( -name '*.sh' -o -name '*.bash' -o -name '*.bats' \) \
  -not -path 'tests/lint/*' -print0 | sort -z)
((${#scripts[@]} == 0)) || awk '
  FNR == 1 { inside = 0; here = "" }
  here != "" { word = $0; sub(/^\t+/, "", word); if (word == here) here = ""; next }
  /^[ \t]*#/ { next }
  match($0, /<<-?[ ]*[\x27"]?[A-Za-z_]+/) && !/<<</ {
    here = substr($0, RSTART, RLENGTH)
    gsub(/[<\- \x27"]/, "", here)
  }
  # Loops that ask: while, until, and for with a count. "for x in list" does a thing for each, and waits for nothing.
  { asks = /(^|[;&|({ \t])(while|until)[ \t]/ || /(^|[;&|({ \t])for[ \t]*(\(\(|_ in )/ }
  /(^|[;&|({ \t])(while|until|for)[ \t(]/ { inside++; asking[inside] = asks || asking[inside - 1] }
  /(^|[;&|({ \t!])sleep[ \t]+["$0-9]/ {
    ended_elsewhere = /sleep[^;|&]*\)?[ \t]*(&([^&]|$)|\|[^|])/ || /exec sleep/ || /[\x27:][^\x27]*sleep [0-9]+\x27/
    piped = /done[ \t]*(\||&)/ || /sleep [0-9.]+; done\)/
    if (!(inside && asking[inside]) && !ended_elsewhere && !piped) {
      printf "%s:%d: waits for a fixed time: %s\n", FILENAME, FNR, $0
      found = 1
    }
  }
  /(^|[;&|} \t])done([;&|) \t<>]|$)/ { if (inside) inside-- }
  END { exit found }' "${scripts[@]}" || bad=1

mapfile -d '' -t sources < <(find tests -type f -name '*.[ch]pp' -print0 | sort -z)
((${#sources[@]} == 0)) || if grep -nE '\b(sleep_for|sleep_until|usleep|nanosleep)\b|(^|[;{}:])[ ]*sleep\(' "${sources[@]}" /dev/null |
  grep -vE '^[^:]*:[0-9]+:[ ]*//' | sed 's/^\([^:]*:[0-9]*\):/\1: waits for a fixed time:/' | grep .; then
  bad=1
fi
exit "$bad"
