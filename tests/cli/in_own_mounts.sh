#!/usr/bin/env bash
# in_own_mounts.sh COMMAND... - runs it where what it mounts is nobody else's, and gone with it, however it ends. An
# ordinary user, who can't mount, and a machine that allows no namespaces run it as it is.
set -euo pipefail

(($# > 0)) || { echo "usage: in_own_mounts.sh COMMAND..." >&2; exit 2; }
if [[ $(id -u) == 0 ]] && unshare --mount true 2>/dev/null; then exec unshare --mount "$@"; fi
exec "$@"
