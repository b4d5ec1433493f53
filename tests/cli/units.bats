#!/usr/bin/env bats
# The units for systemd, as they are installed.

setup() {
  DIR=$BATS_TEST_TMPDIR
  for unit in "$GA_SOURCE"/packaging/*.in; do
    name=$(basename "${unit%.in}")
    sed -e 's|@CMAKE_INSTALL_FULL_SBINDIR@|/usr/sbin|; s|@CMAKE_INSTALL_FULL_BINDIR@|/usr/bin|' "$unit" >"$DIR/${name/@./@lab.}"
  done
}

@test "S13: no service of ours may gain a privilege or keep a capability that its work does not need" {
  grep -h '^CapabilityBoundingSet=' "$DIR/ga-authority@lab.service" "$DIR/ga-cert-renew.service" | sort -u | cmp - <(echo CapabilityBoundingSet=)
  grep -q '^CapabilityBoundingSet=CAP_NET_ADMIN CAP_CHOWN$' "$DIR/ipop-node@lab.service"
  for unit in ipop-node@lab ga-authority@lab ga-cert-renew; do grep -q '^NoNewPrivileges=yes$' "$DIR/$unit.service"; done
}

@test "no unit has a line that systemd does not understand" {
  command -v systemd-analyze >/dev/null || skip "no systemd-analyze on this machine"
  for unit in "$DIR"/*.service "$DIR"/*.timer; do
    # Of programs that are not installed here it may complain.
    run systemd-analyze verify --man=no "$unit"
    ! grep -E 'Unknown|Failed to parse|Invalid|not a valid' <<<"$output" || { echo "$output"; return 1; }
  done
}
