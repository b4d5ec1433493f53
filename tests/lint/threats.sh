#!/usr/bin/env bash
# threats.sh ROOT - every test file that docs/threats.md names for a threat has a test with the threat's number.
#
# Exit status: 0 all have, 1 some have not (named), 2 used wrongly.
set -euo pipefail

[[ $# == 1 && -r $1/docs/threats.md ]] || { echo "usage: threats.sh ROOT" >&2; exit 2; }
cd "$1"
bad=0
while IFS='|' read -r _ number _ _ files _; do
  number=${number// /}
  for file in $(grep -o '`[^`]*`' <<<"$files" | tr -d '`'); do
    if [[ ! -r $file ]]; then
      echo "docs/threats.md: $number names $file, which is not there"
      bad=1
    elif ! grep -qE "(^|[^A-Za-z0-9])${number}[:,]" "$file"; then
      echo "docs/threats.md: $file has no test with $number in its name"
      bad=1
    fi
  done
done < <(grep -E '^\| S[0-9]+ \|' docs/threats.md)
exit "$bad"
