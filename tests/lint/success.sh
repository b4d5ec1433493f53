#!/usr/bin/env bash
# success.sh ROOT - every command of the programs has its row in ROOT/tests/lint/success.txt: the words by which it says
# that something is done, which stand in its sources, and the test that looks whether it is so.
#
# The commands are those that the completions for fish know, which the programs write themselves.
# Exit status: 0 all have, 1 one has not (named), 2 used wrongly.
set -euo pipefail

table=tests/lint/success.txt
[[ $# == 1 && -r $1/$table ]] || { echo "usage: success.sh ROOT" >&2; exit 2; }
cd "$1"
status=0
wrong() {
  echo "$1"
  status=1
}
declare -A has_row=() offered=() has_more=()
while IFS=$'\t' read -r command words file piece; do
  [[ $command == '' || $command == '#'* ]] && continue
  has_row[$command]=1
  if [[ ! $piece || ! -r $file ]] || ! grep -qF -- "$piece" "$file"; then
    wrong "$table: $command: no test \"$piece\" in $file"
  fi
  [[ $words == - || $words == shows ]] || grep -rqF -- "\"$words" "tools/${command%% *}" ||
    grep -rqF -- "$words" "tools/${command%% *}" || wrong "$table: $command prints nothing like \"$words\""
done <"$table"
for page in completions/*.fish; do
  program=$(basename "$page" .fish)
  # Lines of verbs: behind `__fish_seen_subcommand_from VERB` those of VERB, else the program's own.
  while IFS='|' read -r parent verb; do
    offered[$program ${parent:+$parent }$verb]=1
    [[ ! $parent ]] || has_more[$program $parent]=1
  done < <(sed -nE "s/^complete -c [^ ]+ -n '(.*)' -a ([a-z][a-z-]*)( -d .*)?\$/\1|\2/p" "$page" |
    sed -E 's/^not __fish_seen_subcommand_from[^;|]*\|/|/; s/^__fish_seen_subcommand_from ([a-z-]+)[^|]*\|/\1|/')
done
for command in "${!offered[@]}"; do
  [[ ${has_more[$command]-} || ${has_row[$command]-} ]] || wrong "$table: no row for \"$command\""
done
for command in "${!has_row[@]}"; do
  [[ ${offered[$command]-} ]] || wrong "$table: there is no command \"$command\""
done
exit "$status"
