#!/usr/bin/env bash
# layers.sh ROOT - every #include "layer/..." below ROOT/lib is one that ROOT/lib/LAYERS allows.
#
# Exit status: 0 all are, 1 some are not (named, with their line), 2 used wrongly.
set -euo pipefail

[[ $# == 1 && -r $1/lib/LAYERS ]] || { echo "usage: layers.sh ROOT" >&2; exit 2; }
cd "$1"
declare -A allowed
while IFS=: read -r layer needs; do
  layer=${layer%\*}
  allowed[$layer]=" $layer $needs "
done < <(grep '^[a-z]' lib/LAYERS)

status=0
for folder in lib/*/; do
  layer=$(basename "$folder")
  if [[ ! -v allowed[$layer] ]]; then
    echo "$folder: not a layer of lib/LAYERS"
    status=1
    continue
  fi
  while IFS=: read -r file line text; do
    included=${text#*\"}
    included=${included%%/*}
    # A header of the same folder and generated headers carry no layer.
    [[ -v allowed[$included] || $text == *\"*/* ]] || continue
    if [[ ${allowed[$layer]} != *" $included "* ]]; then
      echo "$file:$line: $layer may not include $included (lib/LAYERS)"
      status=1
    fi
  done < <(grep -rnE --include='*.[ch]pp' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$folder" || true)
done
exit "$status"
