#!/usr/bin/env bash
# pages.sh ROOT - every document can be found and none leads nowhere: README.md links each page of docs/, every link of
# a page to a file of the tree and to a heading of it exists, so does each file, function, member and option that a page
# names in code marks, each program has in its manual the options that a page gives it, in code marks or in a block, and
# ga(7) lists each program. (Decisions also speak of other people's options and members.)
#
# Exit status: 0 so it is, 1 it is not (named), 2 used wrongly.
set -euo pipefail

[[ $# == 1 && -r $1/README.md ]] || { echo "usage: pages.sh ROOT" >&2; exit 2; }
cd "$1"
status=0
missing() { echo "$1"; status=1; }
shopt -s nullglob
# The headings of a page as links name them.
headings() {
  sed -nE 's/^#+ +//p' "$1" | tr '[:upper:]' '[:lower:]' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
}
for page in docs/*.md; do
  grep -qF "]($page)" README.md || missing "README.md: no link to $page"
done
for page in README.md CONTRIBUTING.md docs/*.md docs/*/*.md; do
  [[ -r $page ]] || continue
  while IFS= read -r target; do
    [[ -e $(dirname "$page")/${target%%#*} ]] || missing "$page: the link to $target leads nowhere"
  done < <(grep -oE '\]\([^)#: ]+[^): ]*\)' "$page" | sed 's/^](//; s/)$//' | sort -u)
  while IFS='#' read -r target heading; do
    file=$page
    [[ -z $target ]] || file=$(dirname "$page")/$target
    [[ ! -r $file ]] || headings "$file" | grep -xF "$heading" >/dev/null || missing "$page: $file has no heading #$heading"
  done < <(grep -oE '\]\([^):# ]*#[^) ]+\)' "$page" | sed 's/^](//; s/)$//' | sort -u)
done
declare -A is_word=()
while IFS= read -r word; do is_word[$word]=1; done < <(
  find lib tools tests scripts bench demo man packaging Makefile* CMakePresets.json -type f ! -name '*.md' -print0 2>/dev/null |
    xargs -0r cat | sed 's/\\-/-/g' | LC_ALL=C grep -aoE -- '[a-zA-Z_][a-zA-Z_0-9]*|--[a-z][a-z0-9-]+' | LC_ALL=C sort -u
)
folders='lib|tools|tests|scripts|bench|packages|packaging|demo|cmake|man|completions'
for page in README.md CONTRIBUTING.md docs/*.md docs/*/*.md; do
  [[ -r $page ]] || continue
  code=$(grep -oE '`[^`]+`' "$page" || true)
  while IFS= read -r path; do
    # Names in braces are several files; what stands for a name, as in tests/cli/*.bats, is a pattern.
    for one in $(eval "printf '%s\n' $path"); do
      [[ -e $one ]] || missing "$page: there is no $one"
    done
  done < <(grep -oE "[\` ]($folders)/[A-Za-z0-9_.*/{},-]*[A-Za-z0-9_*}/]" <<<"$code" | cut -c 2- | sort -u)
  while IFS= read -r name; do
    [[ ${is_word[$name]-} ]] || missing "$page: there is no $name()"
  done < <(grep -oE '`[A-Za-z_0-9:]+\(\)`' <<<"$code" | grep -oE '[A-Za-z_0-9]+\(' | tr -d '(' | sort -u)
  [[ $page != docs/decisions/* ]] || continue
  while IFS= read -r name; do
    [[ ${is_word[$name]-} ]] || missing "$page: there is no $name"
  done < <(grep -oE '`[A-Za-z_0-9]+(::[A-Za-z_0-9]+)+' <<<"$code" | tr -d '`' | tr -s ':' '\n' | sort -u)
  while IFS= read -r option; do
    [[ ${is_word[$option]-} ]] || missing "$page: there is no option $option"
  done < <(grep -oE -- '[` []--[a-z][a-z0-9-]+' <<<"$code" | cut -c 2- | sort -u)
done
declare -A has_option=()
while read -r tool option; do has_option[$tool $option]=1; done < <(
  for page in man/*.[1-8]; do
    tool=$(basename "${page%.*}")
    sed 's/\\-/-/g' "$page" | LC_ALL=C grep -oE -- '--[a-z][a-z0-9-]+' | sort -u | sed "s/^/$tool /" || true
  done
)
# The code of a page, a span or a line of a block in each line.
code_of() {
  awk '/^ *```/ { in_block = !in_block; next }
    in_block { print; next }
    { for (rest = $0; match(rest, /`[^`]+`/); rest = substr(rest, RSTART + RLENGTH)) print substr(rest, RSTART + 1, RLENGTH - 2) }' "$1"
}
# The options in it behind a program of ours: up to the next command, or a comment.
options_of_programs() {
  awk '{
    tool = ""
    for (i = 1; i <= NF; ++i) {
      word = $i
      sub(/^.*[\/(]/, "", word)
      if (word ~ /^(ga|(ga|ipop)-[a-z]+)$/) tool = word
      else if ($i ~ /^[|;&#]|[;|]$/) tool = ""
      else if (tool != "" && match($i, /^\[?--[a-z][a-z0-9-]+/)) {
        option = substr($i, RSTART, RLENGTH)
        sub(/^\[/, "", option)
        print tool, option
      }
    }
  }'
}
for page in README.md CONTRIBUTING.md docs/*.md; do
  [[ -r $page ]] || continue
  while read -r tool option; do
    [[ ${has_option[$tool $option]-} ]] || missing "$page: $tool has no option $option"
  done < <(code_of "$page" | options_of_programs | sort -u)
done
if [[ -r man/ga.7 ]]; then
  for main in tools/*/main.cpp; do
    tool=$(basename "$(dirname "$main")")
    sed 's/\\-/-/g' man/ga.7 | grep -qE "^\.BR $tool \([0-9]\)" || missing "man/ga.7: $tool is not listed"
  done
fi
exit "$status"
