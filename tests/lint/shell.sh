#!/usr/bin/env bash
# shell.sh ROOT - shellcheck finds nothing in any shell script below ROOT, and no negation in bats that can't fail.
#
# Exit status: 0 nothing found, 1 findings, 77 no shellcheck on this machine.
set -euo pipefail

command -v shellcheck >/dev/null || { echo "no shellcheck on this machine"; exit 77; }
cd "$1"
mapfile -t scripts < <(grep -rlE --exclude-dir=.git --exclude-dir=build -m1 '^#!(/usr/bin/env |/bin/)(ba)?sh' . | sort)
((${#scripts[@]})) || { echo "no script found below $1"; exit 1; }
printf "%s\0" "${scripts[@]}" | xargs -0 -n 4 -P "$(nproc)" shellcheck --external-sources --source-path=SCRIPTDIR || exit 1

# What bats does not notice: a command with ! before it that fails nothing.
mapfile -t suites < <(find tests -name '*.bats' | sort)
((${#suites[@]} == 0)) || shellcheck --norc --include=SC2314,SC2315 "${suites[@]}" || exit 1
