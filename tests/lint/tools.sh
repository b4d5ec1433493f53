#!/usr/bin/env bash
# tools.sh ROOT - every program of ROOT/tools has what a user expects of it: a man page with the agreed
# headings, completions for three shells, a bats file and a line in NEWS; and no options.cpp grows elsewhere.
#
# Exit status: 0 all have, 1 something is missing (named), 2 used wrongly.
set -euo pipefail

[[ $# == 1 && -d $1/tools ]] || { echo "usage: tools.sh ROOT" >&2; exit 2; }
cd "$1"
status=0
shopt -s nullglob
missing() { echo "$1"; status=1; }
for main in tools/*/main.cpp; do
  tool=$(basename "$(dirname "$main")")
  page=$(compgen -G "man/$tool.[18]" || true)
  if [[ -z $page ]]; then
    missing "$tool: no man page man/$tool.1 or man/$tool.8"
  else
    for heading in NAME SYNOPSIS DESCRIPTION OPTIONS FILES 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
      grep -qE "^\.S[Hh] \"?$heading\"?$" "$page" || missing "$page: no section $heading"
    done
  fi
  for completion in "$tool.bash" "_$tool" "$tool.fish"; do
    [[ -s completions/$completion ]] || missing "$tool: no completions/$completion"
  done
  [[ -s tests/cli/$tool.bats ]] || missing "$tool: no tests/cli/$tool.bats"
  grep -q "$tool" NEWS 2>/dev/null || missing "$tool: no line in NEWS"
  lines=$(wc -l <"$main")
  ((lines <= 40)) || missing "$main: $lines lines; a main parses, runs and returns"
done
exit "$status"
