#!/usr/bin/env bash
# schemas.sh ROOT - what --json writes stands in a manual: each schema's name, and each field that a program of
# ROOT/tools writes.
#
# A schema is PROGRAM.VERB/NUMBER; those of a node's own answers are ipop.ANSWER/NUMBER (docs/control.md).
# Exit status: 0 all do, 1 some do not (named), 2 used wrongly.
set -euo pipefail

[[ $# == 1 && -d $1/tools ]] || { echo "usage: schemas.sh ROOT" >&2; exit 2; }
cd "$1"
status=0
missing() { echo "$1"; status=1; }
shopt -s nullglob
for folder in tools/*/; do
  tool=$(basename "$folder")
  pages=(man/"$tool".[0-9])
  ((${#pages[@]})) || continue
  manual=$(cat "${pages[@]}" | sed 's/\\-/-/g; s/\\(em/-/g')
  sources=("$folder"*.cpp)
  while IFS= read -r schema; do
    [[ $schema == "$tool".* ]] || missing "$tool: schema $schema is not called $tool.VERB/NUMBER"
    [[ $manual == *"$schema"* ]] || missing "man/$tool: no schema $schema"
  done < <(grep -hoE '"(ga|ipop)[a-z.-]*\.[a-z-]+/[0-9]+"' "${sources[@]}" | tr -d '"' | sort -u)
  while IFS= read -r field; do
    grep -qwF -- "$field" <<<"$manual" || missing "man/$tool: no field $field of its JSON"
  done < <(grep -hoE '(json\.(field|null|begin_array|begin_object)\(|write_optional\(json, )"[a-z_0-9]+"' "${sources[@]}" |
    sed 's/.*"\(.*\)"/\1/' | sort -u)
done
exit "$status"
