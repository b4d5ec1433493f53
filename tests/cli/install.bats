#!/usr/bin/env bats
# What `make install` puts on a machine, the units for systemd, and how much of the machine these may use.

bats_require_minimum_version 1.5.0

setup_file() {
  export TREE=$BATS_FILE_TMPDIR/tree DISTRIBUTION=$BATS_FILE_TMPDIR/distribution UNITS=$BATS_FILE_TMPDIR/units
  local unit name
  DESTDIR=$TREE cmake --install "$GA_BIN/.." >"$BATS_FILE_TMPDIR/log" 2>&1 &&
    DESTDIR=$DISTRIBUTION cmake --install "$GA_BIN/.." --prefix /usr >"$BATS_FILE_TMPDIR/log" 2>&1 || {
    tail -n 5 "$BATS_FILE_TMPDIR/log"
    return 1
  }
  # The units under the name of an instance: systemd counts for that, not for a template.
  mkdir "$UNITS"
  for unit in "$TREE"/usr/local/lib/systemd/system/*; do
    name=${unit##*/}
    cp "$unit" "$UNITS/${name/@./@lab.}"
  done
}

@test "S13: nothing that is installed is setuid, setgid, writable for others, or has capabilities of its own" {
  [ "$(find "$TREE" -type f -perm /111 | wc -l)" -gt 3 ]
  [ -z "$(find "$TREE" -type f -perm /6000)" ]
  [ -z "$(find "$TREE" ! -type l -perm /0002)" ]
  ! command -v getcap >/dev/null || [ -z "$(getcap -r "$TREE")" ]
}

@test "uninstall removes every file that install put there, and keeps what is the machine's" {
  local tree=$BATS_TEST_TMPDIR/tree
  DESTDIR=$tree cmake --install "$GA_BIN/.." >/dev/null 2>&1
  [ -x "$tree/usr/local/bin/ga" ]
  [ -s "$tree/usr/local/share/man/man7/ga.7" ]
  [ -s "$tree/usr/local/share/doc/grid-appliance/docs/install.md" ]
  mkdir -p "$tree/etc/ipop"
  echo kept >"$tree/etc/ipop/lab.toml"
  run env DESTDIR="$tree" "$GA_SOURCE/scripts/uninstall" "$GA_BIN/.."
  [ "$status" -eq 0 ]
  [[ $output == *"/etc/ipop"* ]]
  [ "$(find "$tree" -type f -o -type l)" = "$tree/etc/ipop/lab.toml" ]
}

@test "who may not install is told so before anything is built" {
  [ "$EUID" -eq 0 ] || skip "needs root to become somebody else"
  mkdir -m 755 "$BATS_TEST_TMPDIR/prefix"
  cp "$GA_SOURCE/scripts/may_install" "$BATS_TEST_TMPDIR/may_install"
  chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/may_install"
  run setpriv --reuid 65534 --regid 65534 --clear-groups bash -c "exec bash <(cat) $BATS_TEST_TMPDIR/prefix/x" <"$GA_SOURCE/scripts/may_install"
  [ "$status" -eq 4 ]
  [[ $output == *"sudo make install"* ]]
}

@test "make help lists what make can do" {
  run make --no-print-directory -C "$GA_SOURCE" help
  [ "$status" -eq 0 ]
  for target in check demo install uninstall bench; do [[ $output == *"make $target"* ]]; done
}

@test "the programs that units and cron start are where those say, under both prefixes" {
  local path tree found=0
  for tree in "$TREE" "$DISTRIBUTION"; do
    while read -r path; do
      [ -x "$tree$path" ] || { echo "$path is not in $tree"; return 1; }
      found=$((found + 1))
    done < <(find "$tree" -path '*/systemd/system/*' -type f -exec sed -n 's/^Exec[A-Za-z]*=[-+]*\([^ ]*\).*/\1/p' {} + |
        grep -vE '^/bin/|^/usr/bin/systemd-' | sort -u
      grep -oE '/usr/[a-z/]*bin/[a-z-]+' "$tree/etc/cron.d/ga-pingtest")
    run ! grep -r '@CMAKE' "$tree/etc" "$(find "$tree" -type d -path '*/systemd/system')"
  done
  [ "$found" -ge 10 ]
}

@test "a machine's part in a pool can be written where the manual says" {
  [ -d "$TREE/etc/ga" ]
  [ -d "$DISTRIBUTION/etc/ga" ]
}

@test "S29: the slots of a worker have accounts, with the names that the configuration has" {
  local tree
  for tree in "$TREE/usr/local" "$DISTRIBUTION/usr"; do
    [ "$(grep -cE '^u ga-slot[0-9]+ - ' "$tree/lib/sysusers.d/ga-slots.conf")" -eq 128 ]
    grep -q "$(basename "$tree")/lib/sysusers.d/ga-slots.conf" "$tree/lib/systemd/system/ga-condorcfg.service"
  done
}

@test "no unit has a line that systemd does not understand" {
  command -v systemd-analyze >/dev/null || skip "no systemd-analyze on this machine"
  for unit in "$UNITS"/*.service "$UNITS"/*.timer; do
    # Of programs that are not installed here it may complain.
    run systemd-analyze verify --man=no "$unit"
    ! grep -E 'Unknown|Failed to parse|Invalid|not a valid' <<<"$output" || { echo "$output"; return 1; }
  done
}

@test "S13: a service is exposed 2.5 at most, as systemd counts" {
  command -v systemd-analyze >/dev/null || skip "no systemd-analyze on this machine"
  local unit level found=0
  for unit in "$UNITS"/*.service; do
    level=$(systemd-analyze security --offline=true --no-pager "$unit" 2>/dev/null |
      sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
    echo "${unit##*/}: $level"
    [ -n "$level" ]
    awk -v level="$level" 'BEGIN { exit !(level <= 2.5) }'
    found=$((found + 1))
  done
  [ "$found" -ge 1 ]
}

@test "S13: no service of ours may gain a privilege or keep a capability that its work does not need" {
  [ "$(grep -h '^CapabilityBoundingSet=' "$UNITS/ga-authority@lab.service" | sort -u)" = CapabilityBoundingSet= ]
  local unit
  for unit in ipop-node@lab ga-authority@lab; do grep -qx 'NoNewPrivileges=yes' "$UNITS/$unit.service"; done
}

@test "S13: a node may configure the network and give its control socket to a group, and gets no new privileges" {
  local unit=$UNITS/ipop-node@lab.service
  grep -qx 'CapabilityBoundingSet=CAP_NET_ADMIN CAP_CHOWN' "$unit"
  grep -qx 'AmbientCapabilities=' "$unit"
  grep -qx 'NoNewPrivileges=yes' "$unit"
  grep -qx 'RestrictSUIDSGID=yes' "$unit"
}

@test "make dist: the archive installs on another machine of this release what make install does here, and takes it away" {
  command -v zstd >/dev/null || skip "no zstd on this machine"
  local place=$BATS_TEST_TMPDIR archive
  mkdir "$place/target"
  archive=$("$GA_SOURCE/scripts/dist" "$GA_BIN/.." "$place")
  [[ $archive == "$place"/grid-appliance-*.tar.zst ]]
  tar -C "$place" --zstd -xf "$archive"
  grep -qx 'libssl3.*' "$place"/grid-appliance-*/packages
  run env DESTDIR="$place/target" "$place"/grid-appliance-*/install
  [ "$status" -eq 0 ]
  # --strip makes other files of the programs; names and rights are those of an installation.
  diff <(cd "$TREE" && find . ! -type d -printf '%P %m\n' | sort) <(cd "$place/target" && find . ! -type d -printf '%P %m\n' | sort)
  "$place/target/usr/local/bin/ga" --version
  run env DESTDIR="$place/target" "$place"/grid-appliance-*/install --remove
  [ "$status" -eq 0 ]
  [ -z "$(find "$place/target" ! -type d)" ]
  run "$place"/grid-appliance-*/install --what
  [ "$status" -eq 2 ]
}

@test "the tests' progress: what passed is not shown, what failed is, with its output" {
  printf '%s\n' 'Test project /x' '      Start  1: unit_a' \
    ' 1/3 Test  #1: unit_a ....................   Passed    6.60 sec' \
    ' 2/3 Test  #2: unit_b ....................***Failed    1.00 sec' 'what it said' \
    ' 3/3 Test  #3: pool_c ....................***Skipped   0.01 sec' '' '67% tests passed, 1 tests failed out of 3' 'more' \
    >"$BATS_TEST_TMPDIR/ctest"
  run awk -v terminal=0 -f "$GA_SOURCE/scripts/test_progress.awk" "$BATS_TEST_TMPDIR/ctest"
  [ "$output" = ' 2/3 Test  #2: unit_b ....................***Failed    1.00 sec
what it said' ]
  run awk -v terminal=1 -f "$GA_SOURCE/scripts/test_progress.awk" "$BATS_TEST_TMPDIR/ctest"
  [[ $output == *"3 of 3 test programs, last pool_c"* ]]
}

@test "a build says before how much there is to do, and is silent when there is nothing" {
  command -v ninja >/dev/null || skip "no ninja on this machine"
  local tree=$BATS_TEST_TMPDIR/tree
  mkdir -p "$tree/scripts"
  cp "$GA_SOURCE/scripts/build" "$tree/scripts"
  printf 'cmake_minimum_required(VERSION 3.25)\nproject(x LANGUAGES C)\nadd_executable(one a.c b.c c.c)\n' >"$tree/CMakeLists.txt"
  printf '{"version": 6, "configurePresets": [{"name": "dev", "generator": "Ninja", "binaryDir": "${sourceDir}/build/dev"}],
    "buildPresets": [{"name": "dev", "configurePreset": "dev"}]}' >"$tree/CMakePresets.json"
  echo 'int main(void) { return 0; }' >"$tree/a.c"
  echo 'int b;' >"$tree/b.c"
  echo 'int c;' >"$tree/c.c"
  (cd "$tree" && cmake --preset dev >/dev/null)
  run "$tree/scripts/build" dev
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == "Building (dev): 4 steps on "* ]]
  [[ ${lines[1]} == "Built in "* ]]
  [ "${#lines[@]}" -eq 2 ]
  run "$tree/scripts/build" dev
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  echo 'int b = nonsense;' >"$tree/b.c"
  run "$tree/scripts/build" dev
  [ "$status" -eq 1 ]
  [[ $output == *"nonsense"* && $output == *"The build failed"* ]]
}

@test "resolv.conf: lines of nodes that run are put back, those of nodes that ended are taken out" {
  local place=$BATS_TEST_TMPDIR script=$TREE/usr/local/lib/grid-appliance/resolv-conf
  mkdir "$place/run"
  export IPOP_RUN=$place/run IPOP_RESOLV_CONF=$place/resolv.conf
  printf '# ipop-node ipop0: begin; taken out when the node ends\nnameserver 10.128.0.1\n# ipop-node ipop0: end\n' >"$place/run/lab.resolv-conf"
  echo 'nameserver 192.0.2.53' >"$place/resolv.conf"
  "$script"
  diff "$place/resolv.conf" <(cat "$place/run/lab.resolv-conf"; echo 'nameserver 192.0.2.53')
  touch -d '1 hour ago' "$place/resolv.conf"
  local before
  before=$(stat -c %Y "$place/resolv.conf")
  "$script"
  [ "$(stat -c %Y "$place/resolv.conf")" = "$before" ]
  "$script" lab
  [ "$(cat "$place/resolv.conf")" = 'nameserver 192.0.2.53' ]
  [ ! -e "$place/run/lab.resolv-conf" ]
}
