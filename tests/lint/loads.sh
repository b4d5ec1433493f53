#!/usr/bin/env bash
# loads.sh PROGRAM - a node loads no library but those that packets, keys, netlink and io_uring need: each other one is megabytes
# of an idle node's memory, and is there because a file with another purpose came along (cmake/layers.cmake).
#
# Exit status: 0 none, 1 some (named), 2 used wrongly or not built.
set -euo pipefail

[[ $# == 1 && -x $1 ]] || { echo "usage: loads.sh PROGRAM (build it first)" >&2; exit 2; }
needed='lib(crypto|ssl|z|IPSec_MB|mnl|uring|m|c|stdc\+\+|gcc_s|asan|ubsan)|ld-linux.*'
others=$(objdump -p "$1" | awk '$1 == "NEEDED" { print $2 }' | grep -vE "^($needed)\.so" || true)
[[ -n $others ]] || exit 0
echo "$(basename "$1") loads $(paste -sd ' ' <<<"$others"): which of its layer's files calls it?"
exit 1
