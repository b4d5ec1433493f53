#!/usr/bin/env bash
# pages.sh ROOT - every document can be found and none leads nowhere: README.md links each page of docs/, every link of
# a page to a file of the tree exists, and ga(7) lists each program.
#
# Exit status: 0 so it is, 1 it is not (named), 2 used wrongly.
set -euo pipefail

[[ $# == 1 && -r $1/README.md ]] || { echo "usage: pages.sh ROOT" >&2; exit 2; }
cd "$1"
status=0
missing() { echo "$1"; status=1; }
shopt -s nullglob
for page in docs/*.md; do
  grep -qF "]($page)" README.md || missing "README.md: no link to $page"
done
for page in README.md CONTRIBUTING.md docs/*.md docs/*/*.md; do
  [[ -r $page ]] || continue
  while IFS= read -r target; do
    [[ -e $(dirname "$page")/${target%%#*} ]] || missing "$page: the link to $target leads nowhere"
  done < <(grep -oE '\]\([^)#: ]+[^): ]*\)' "$page" | sed 's/^](//; s/)$//' | sort -u)
done
if [[ -r man/ga.7 ]]; then
  for main in tools/*/main.cpp; do
    tool=$(basename "$(dirname "$main")")
    sed 's/\\-/-/g' man/ga.7 | grep -qE "^\.BR $tool \([0-9]\)" || missing "man/ga.7: $tool is not listed"
  done
fi
exit "$status"
