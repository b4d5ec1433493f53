#!/usr/bin/env bash
# third_party.sh ROOT [TABLE] - third-party headers are included only where TABLE (third_party.txt) says.
#
# Exit status: 0 they are, 1 some are elsewhere (named, with their line), 2 used wrongly.
set -euo pipefail

[[ $# -ge 1 && -d $1/lib ]] || { echo "usage: third_party.sh ROOT [TABLE]" >&2; exit 2; }
table=${2:-$(dirname "$(realpath "${BASH_SOURCE[0]}")")/third_party.txt}
table=$(realpath "$table")
cd "$1"
folders=()
for folder in lib tools bench; do [[ ! -d $folder ]] || folders+=("$folder"); done

status=0
while read -r pattern places; do
  [[ $pattern == '' || $pattern == '#'* ]] && continue
  places="^(${places// /|})"
  # A public header would hand the third party on to everybody who includes it.
  while IFS=: read -r file line text; do
    if [[ ! $file =~ $places ]]; then
      echo "$file:$line: ${text#*include } belongs only in $(sed 's/[\^()]//g; s/|/ or /g' <<<"$places")"
      status=1
    fi
  done < <(grep -rnE --include='*.[ch]pp' "^[[:space:]]*#[[:space:]]*include[[:space:]]*<($pattern)" "${folders[@]}" || true)
done <"$table"
exit "$status"
