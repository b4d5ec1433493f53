#!/usr/bin/env bash
# uncalled.sh ROOT - each function that a header of lib/ declares is called by lib/ or tools/, or has a line in
# tests/lint/uncalled.txt that says who else needs it.
#
# It reads words: a name that the sources use no more often than they declare and define it is called by nobody. Two
# functions of one name hide each other, so it finds some and not all. A field or a variable of that name hides none:
# only what is called, or stands where a function can be passed on, is a use.
# Exit status: 0 all are, 1 one is not (named), 2 used wrongly.
set -euo pipefail

[[ $# == 1 && -d $1/lib ]] || { echo "usage: uncalled.sh ROOT" >&2; exit 2; }
cd "$1"
folders=(lib)
[[ ! -d tools ]] || folders+=(tools)
mapfile -t sources < <(find "${folders[@]}" -name '*.hpp' -o -name '*.cpp' | LC_ALL=C sort)
((${#sources[@]})) || { echo "uncalled.sh: no sources in $1/lib" >&2; exit 2; }
awk -v allowed=tests/lint/uncalled.txt '
  BEGIN {
    while ((getline row < allowed) > 0) {
      split(row, part, "\t")
      if (row !~ /^#/ && part[1] != "") reason[part[1]] = 1
    }
  }
  # A name without parentheses: the address of a function, or one as an argument, in a list, or as what is returned.
  function may_be_passed_on(before, rest) {
    if (before ~ /&$/ || before ~ /&[A-Za-z0-9_:]*::$/) return 1
    if (before ~ /(\.|->)$/) return 0
    if (before ~ /[A-Za-z0-9_>*&][ \t]+$/ && before !~ /(^|[^A-Za-z_])return[ \t]+$/) return 0
    return rest ~ /^[ \t]*([,)};?:]|$)/
  }
  {
    line = $0
    sub(/\/\/.*/, "", line)
    gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
    before = ""
    rest = line
    while (match(rest, /[A-Za-z_][A-Za-z0-9_]*/)) {
      word = substr(rest, RSTART, RLENGTH)
      before = before substr(rest, 1, RSTART - 1)
      rest = substr(rest, RSTART + RLENGTH)
      if (rest ~ /^[ \t]*(<[A-Za-z0-9_:,<> ]*>)?\(/ || may_be_passed_on(before, rest)) ++used[word]
      # A type stands before the name, and nothing that belongs to an expression.
      if (rest ~ /^\(/ && word ~ /^[a-z]/ && before ~ /^[ \t]*[A-Za-z_[][][A-Za-z0-9_:<>,*& ]*[ &*>]([A-Za-z0-9_]+::)*$/ &&
          before !~ /(^|[^A-Za-z_])(return|throw|else|case|new|co_await|co_return)([^A-Za-z_]|$)/) {
        if (FILENAME ~ /^lib\/.*\.hpp$/) { where[word] = FILENAME ":" FNR; ++declared[word] }
        else if (line !~ /^[ \t]/) ++declared[word]
      }
      before = before word
    }
  }
  END {
    for (word in where) {
      uncalled = used[word] <= declared[word]
      if (uncalled && !(word in reason)) { print where[word] ": nobody calls " word "()"; status = 1 }
      if (!uncalled && word in reason) { print allowed ": " word "() is called"; status = 1 }
    }
    for (word in reason) if (!(word in where)) { print allowed ": there is no " word "()"; status = 1 }
    exit status
  }' "${sources[@]}"
