#!/usr/bin/env bash
# group_files.sh ROOT - what the files of a group and of an authority are called, and where they are, stands in
# lib/base/group_files.hpp and nowhere else in lib/ and tools/; the text of a help or an error may name the usual place.
#
# Exit status: 0 it does, 1 a file spells a name of its own (named), 2 used wrongly.
set -euo pipefail

[[ $# == 1 && -d $1/lib && -d $1/tools ]] || { echo "usage: group_files.sh ROOT" >&2; exit 2; }
cd "$1"
# A name at the end of a literal is a path that is made; within a text it is read by people.
names='(key|certificate)\.pem|revocations\.list|(state|members)\.json|\.toml\.open|crl\.pem'
authoritys='authority\.(key|pem)|policy\.toml|ledger\.(jsonl|torn)'
places='/etc/ipop|/var/lib/ipop|/var/lib/ga/authority'
found=$(grep -rnE --include='*.cpp' --include='*.hpp' \
  "\"/($names)\"|\"/($authoritys)|\"(authority\.key|policy\.toml|ledger\.jsonl)\"|\"\.(open)\"|\"-enrol\"|\"/(node/)?\" \+ [a-z_.>-]+ \+ \"\.toml\"|\"($places)/?\"|\"($places)/(node/)?\" \+" lib tools |
  grep -vE '^lib/base/group_files\.(cpp|hpp):' || true)
[[ -z $found ]] || { echo "$found" | sed 's/$/  <- lib\/base\/group_files.hpp has the name/'; exit 1; }
