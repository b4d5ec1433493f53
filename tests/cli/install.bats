#!/usr/bin/env bats
# What `make install` puts on a machine, and how much of the machine the services may use.

bats_require_minimum_version 1.5.0

setup_file() {
  export TREE=$BATS_FILE_TMPDIR/tree
  DESTDIR=$TREE cmake --install "$GA_BIN/.." >"$BATS_FILE_TMPDIR/log" 2>&1 || {
    tail -n 5 "$BATS_FILE_TMPDIR/log"
    return 1
  }
}

services() { find "$TREE" -name '*.service'; }

@test "S13: nothing that is installed is setuid, setgid, writable for others, or has capabilities of its own" {
  [ "$(find "$TREE" -type f -perm /111 | wc -l)" -gt 3 ]
  [ -z "$(find "$TREE" -type f -perm /6000)" ]
  [ -z "$(find "$TREE" ! -type l -perm /0002)" ]
  ! command -v getcap >/dev/null || [ -z "$(getcap -r "$TREE")" ]
}

@test "S13: a service that stays is exposed 2.5 at most, as systemd counts" {
  command -v systemd-analyze >/dev/null || skip "no systemd-analyze on this machine"
  local unit name level found=0
  while read -r unit; do
    # An instance's name: a template alone has no exposure.
    name=$(basename "$unit" | sed 's/@\./@lab./')
    cp "$unit" "$BATS_TEST_TMPDIR/$name"
    level=$(systemd-analyze security --offline=true --no-pager "$BATS_TEST_TMPDIR/$name" 2>/dev/null |
      sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
    echo "$name: $level"
    [ -n "$level" ]
    awk -v level="$level" 'BEGIN { exit !(level <= 2.5) }'
    found=$((found + 1))
  done < <(services)
  [ "$found" -ge 1 ]
}

@test "S13: a node may configure the network and give its control socket to a group, and gets no new privileges" {
  local unit
  unit=$(services | grep '/ipop-node@\.service$')
  grep -qx 'CapabilityBoundingSet=CAP_NET_ADMIN CAP_CHOWN' "$unit"
  grep -qx 'AmbientCapabilities=' "$unit"
  grep -qx 'NoNewPrivileges=yes' "$unit"
  grep -qx 'RestrictSUIDSGID=yes' "$unit"
}
