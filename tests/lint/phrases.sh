#!/usr/bin/env bash
# phrases.sh ROOT - no manual or document has a phrase of ROOT/tests/lint/phrases.txt.
#
# Exit status: 0 none has, 1 one has (named, with the better words), 2 used wrongly.
set -euo pipefail

[[ $# == 1 && -r $1/tests/lint/phrases.txt ]] || { echo "usage: phrases.sh ROOT" >&2; exit 2; }
cd "$1"
shopt -s nullglob
pages=(man/*.[0-9] README.md docs/*.md)
status=0
while IFS=$'\t' read -r phrase better; do
  [[ $phrase == '' || $phrase == '#'* ]] && continue
  while IFS=: read -r page line text; do
    echo "$page:$line: \"$text\": write \"$better\""
    status=1
  done < <(((${#pages[@]})) && grep -nHE -- "$phrase" "${pages[@]}")
done <tests/lint/phrases.txt
exit "$status"
