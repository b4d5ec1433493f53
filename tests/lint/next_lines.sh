#!/usr/bin/env bash
# next_lines.sh ROOT - every line that the sources print behind `next:` has its row in ROOT/tests/netns/next_table.txt, and
# every row is such a line. A row names the walker that follows it (which sees for itself that it was printed), or the
# test that has the row's last column in it, or is "-" with the reason why only a person can follow it.
#
# Exit status: 0 all have, 1 one has not (named), 2 used wrongly.
set -euo pipefail

table=tests/netns/next_table.txt
[[ $# == 1 && -r $1/$table ]] || { echo "usage: next_lines.sh ROOT" >&2; exit 2; }
keys=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/next_keys.awk
cd "$1"
status=0
wrong() {
  echo "$1"
  status=1
}
mapfile -t sources < <(grep -rlE 'suggest\(|next: ' --include='*.cpp' --include='*.hpp' tools lib | grep -v '^lib/cli/streams' | sort)
declare -A in_source=() has_row=()
while IFS= read -r key; do in_source[$key]=1; done < <(awk -f "$keys" "${sources[@]}")

counts=(0 0 0)
while IFS=$'\t' read -r file text where detail; do
  [[ $file == '' || $file == '#'* ]] && continue
  key=$file$'\t'$text
  [[ ${in_source[$key]-} ]] || wrong "$table: $file prints nothing like \"$text\""
  has_row[$key]=1
  # A person types the whole line: a shell takes no remark in brackets.
  [[ $where == - || $text != *' ('*')' || $text == 'run it again as root '* ]] ||
    wrong "$file: \"$text\" cannot be typed as it stands; a remark goes behind \"  # \""
  if [[ $where == - ]]; then
    [[ $detail ]] || wrong "$table: $file: \"$text\" has no reason why it is for a person"
    counts[2]=$((counts[2] + 1))
  elif [[ $where == */* ]]; then
    grep -qF -- "${detail:?}" "$where" 2>/dev/null || wrong "$table: $where says nothing of \"$detail\""
    counts[1]=$((counts[1] + 1))
  else
    grep -qsx "holds_rows $where" "tests/netns/$where.sh" "tests/pool/$where.sh" || wrong "$table: no walker is called $where"
    counts[0]=$((counts[0] + 1))
  fi
done <"$table"
for key in "${!in_source[@]}"; do
  [[ ${has_row[$key]-} ]] || wrong "${key%%$'\t'*}: no row in $table for \"${key#*$'\t'}\""
done
echo "lines behind next: ${counts[0]} walked, ${counts[1]} seen by another test, ${counts[2]} for people"
exit "$status"
