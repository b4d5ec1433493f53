#!/usr/bin/env bash
# class_sizes.sh ROOT [--table] - no class of lib/ or tools/ has more than 60 functions or 600 lines, those of all its
# files together; one that is larger has a line in tests/lint/class_sizes.txt, and does not grow.
#
# It reads text that scripts/format has laid out. The lines of a class are those between the braces of its definition,
# and those of its functions that are defined elsewhere; its functions are those that the definition names. What is
# nested and defined outside (Node::State) is a class of its own. --table prints the thirty largest instead.
# Exit status: 0 none is too large, 1 one is (named), 2 used wrongly.
set -euo pipefail

[[ ($# == 1 || ($# == 2 && $2 == --table)) && -d $1/lib ]] || { echo "usage: class_sizes.sh ROOT [--table]" >&2; exit 2; }
cd "$1"
folders=(lib)
[[ ! -d tools ]] || folders+=(tools)
mapfile -t sources < <(find "${folders[@]}" -name '*.hpp' -o -name '*.cpp' | LC_ALL=C sort)
((${#sources[@]})) || { echo "class_sizes.sh: no sources in $1/lib" >&2; exit 2; }

# LAYER CLASS FUNCTIONS LINES, tab-separated.
sizes() {
  awk '
  function count(text, what) { return gsub(what, "", text) }
  # What is declared at the first level of a class, up to its ; or {: a function or not.
  function declared(text) {
    while (gsub(/<[^<>]*>/, "", text)) {}
    if (text ~ /(^|[^A-Za-z_])(using|typedef|friend|static_assert|enum|struct|class|union)([^A-Za-z_]|$)/) return 0
    return text ~ /[A-Za-z0-9_=!<>+*\/)&|-]\(/ || text ~ /operator/
  }
  FNR == 1 { depth = 0; in_class = ""; in_function = ""; layer = FILENAME; sub(/\/[^\/]*$/, "", layer); quoted = 0 }
  {
    line = $0
    # Texts that go over several lines hold no code.
    if (quoted) { if (line !~ /\)[A-Za-z_]*"/) next; sub(/.*\)[A-Za-z_]*"/, "", line); quoted = 0 }
    gsub(/\\\\/, "", line)
    gsub(/\047\\?.\047/, "0", line)
    gsub(/\\"/, "", line)
    if (line ~ /R"[A-Za-z_]*\(/ && line !~ /R"[A-Za-z_]*\(.*\)[A-Za-z_]*"/) { quoted = 1; sub(/R"[A-Za-z_]*\(.*/, "0", line) }
    gsub(/"[^"]*"/, "0", line)
    sub(/\/\/.*/, "", line)
    if (line ~ /^#/) line = ""

    if (in_class == "" && in_function == "" && line ~ /^(template <.*> )?(class|struct) [A-Za-z]/ && line !~ /;[ \t]*$/) {
      name = line
      sub(/^(template <.*> )?(class|struct) /, "", name)
      match(name, /^[A-Za-z0-9_:]+/)
      in_class = layer "\t" substr(name, 1, RLENGTH)
      depth = 0
      text = ""
    } else if (in_class == "" && in_function == "" && line ~ /^[A-Za-z].*[A-Za-z0-9_]::[~A-Za-z_]/) {
      # A function that its class declares: the name before the first parenthesis.
      name = line
      sub(/\(.*/, "", name)
      if (name != line && match(name, /[A-Z][A-Za-z0-9_:]*::(~?[A-Za-z0-9_]+|operator.*)$/)) {
        name = substr(name, RSTART)
        sub(/::(~?[A-Za-z0-9_]+|operator.*)$/, "", name)
        in_function = layer "\t" name
        depth = 0
      }
    }

    if (in_class != "") {
      ++lines[in_class]
      for (i = 1; i <= length(line); ++i) {
        c = substr(line, i, 1)
        if (c == "{") { if (depth == 1) { functions[in_class] += declared(text); text = "" } ++depth }
        else if (c == "}") { --depth; if (depth == 1) text = "" }
        else if (c == ";" && depth == 1) { functions[in_class] += declared(text); text = "" }
        else if (depth == 1) text = text c
      }
      if (depth == 1) { sub(/(public|private|protected):/, "", text); text = text " " }
      if (depth == 0 && line ~ /}/) in_class = ""
    } else if (in_function != "") {
      ++lines[in_function]
      depth += count(line, "[{(]") - count(line, "[})]")
      if (depth == 0 && line ~ /[};][ \t]*$/) in_function = ""
    }
  }
  END { for (class in lines) printf "%s\t%d\t%d\n", class, functions[class], lines[class] }' "${sources[@]}"
}

if [[ $# == 2 ]]; then
  printf 'layer\tclass\tfunctions\tlines\n'
  sizes | LC_ALL=C sort -t$'\t' -k4,4nr -k1,2 | head -n 30
  exit
fi
sizes | LC_ALL=C sort | awk -F'\t' -v allowed=tests/lint/class_sizes.txt '
  BEGIN {
    while ((getline row < allowed) > 0) {
      split(row, part, "\t")
      if (row !~ /^#/ && part[1] != "") { functions[part[1]] = part[2]; lines[part[1]] = part[3] }
    }
  }
  {
    class = $1 "/" $2
    held[class] = 1
    most_functions = class in functions ? functions[class] : 60
    most_lines = class in lines ? lines[class] : 600
    if ($3 > most_functions || $4 > most_lines) {
      printf "%s: %d functions, %d lines: more than %d or %d\n", class, $3, $4, most_functions, most_lines
      status = 1
    } else if (class in functions && $3 <= 60 && $4 <= 600) {
      printf "%s: %s is no larger than others\n", allowed, class
      status = 1
    }
  }
  END {
    for (class in functions) if (!(class in held)) { printf "%s: there is no %s\n", allowed, class; status = 1 }
    exit status
  }'
