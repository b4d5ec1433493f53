# shellcheck shell=bash
# begin.bash - how the scripts here begin and end. Source it; it knows the script by $0, which says how it is used between
# its second line and the first " - ".
#
#   read_options "PROGRAM..." OPTION=PATTERN... -- "$@"
#       the folder of programs, which has each PROGRAM, into $bin; each --OPTION into the variable of its name, if the
#       whole value is of the pattern; --output into $output. Wrong words are named and end it with status 2, as do
#       programs that are not there; --help says how it is used.
#   begin_internet NAME
#       root, or status 4; $run for files, demo's machines and networks, of which nothing is left at the end.
#   say TEXT    what is being done, for a terminal      fail TEXT    ends with status 1
#   until_true SECONDS COMMAND...

# shellcheck disable=SC2034,SC2154  # the caller's, and demo's
script=$(basename "$0")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
output=$here/../build/bench.jsonl

how_used() {
  awk -v text=usage: 'NR > 1 { sub(/^# ?/, ""); ends = sub(/(^| )- .*/, ""); text = text ($0 == "" ? "" : " ") $0 }
    ends { print text; exit }' "$0"
}
usage() { # [WHAT IS WRONG]
  [[ ! ${1-} ]] || echo "$script: $1" >&2
  how_used >&2
  exit 2
}
say() { [[ ! -t 2 ]] || printf '\r\033[K%s' "$1" >&2; }
fail() {
  say ""
  echo "$script: $1" >&2
  exit 1
}
read_options() {
  local needed=$1 option program
  local -A pattern=([output]=.+)
  shift
  while [[ $1 != -- ]]; do
    pattern[${1%%=*}]=${1#*=}
    shift
  done
  shift
  (($#)) || usage
  [[ $1 != --help ]] || { how_used; exit 0; }
  [[ -d $1 ]] || usage "no directory $1"
  for program in $needed; do
    [[ -x $1/$program ]] || usage "no program $program in $1; make benches builds all of them into build/release/bin"
  done
  bin=$(cd "$1" && pwd)
  shift
  while (($#)); do
    option=${1#--}
    [[ $1 == --?* && ${pattern[$option]-} && ${2-} =~ ^(${pattern[$option]})$ ]] || usage "wrong option or value: $1 ${2-}"
    printf -v "$option" %s "$2"
    shift 2
  done
}
begin_internet() {
  ((EUID == 0)) || { echo "$script: network namespaces need root" >&2; exit 4; }
  run=$(mktemp -d "${TMPDIR:-/tmp}/ga-bench.XXXXXX")
  internet=$1$$
  # shellcheck source=../demo/internet.sh
  source "$here/../demo/internet.sh"
  # shellcheck source=../demo/nodes.sh
  source "$here/../demo/nodes.sh"
  trap end_internet EXIT
  trap 'exit 130' INT TERM HUP
}
end_internet() {
  trap '' INT TERM HUP
  unmake_internet
  rm -rf "$run" "/var/run/wireguard/$internet"-*.sock
}
until_true() {
  local end=$(($(milliseconds) + $1 * 1000))
  shift
  until "$@" >/dev/null 2>&1; do
    (($(milliseconds) < end)) || return 1
    sleep 0.1
  done
}
