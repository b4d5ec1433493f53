# shellcheck shell=bash disable=SC2034,SC2154  # shared by the demos; milliseconds comes from nodes.sh
# screen.sh - how a demo shows what it does: numbered phases, one line each, with the time that each took.
#
#   phase NAME       what begins; ${failed_in} names it until the demo clears it
#   found TEXT       what it came to
#   progress TEXT    what is being done at the moment: on stderr if that is a terminal, replaced by the next
#   seconds N        N milliseconds as seconds
phase_number=0

progress() {
  [[ -t 2 ]] || return 0
  printf '\r\033[K%s' "${1:+   $1 ...}" >&2
}
phase() { # NAME: what begins
  failed_in=$1
  phase_number=$((phase_number + 1))
  phase_began=$(milliseconds)
  progress "$1"
}
found() { # TEXT: what it came to
  progress ""
  printf '%2d %-9s %-95s %5s s\n' "$phase_number" "$failed_in" "$1" "$(seconds $(($(milliseconds) - phase_began)))"
}
seconds() { printf '%d.%02d' $(($1 / 1000)) $(($1 % 1000 / 10)); }
