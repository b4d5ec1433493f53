#!/usr/bin/env bats
# What a program says that needs root and is not: the command that would work, as it was typed. It is followed.

bats_require_minimum_version 1.5.0
load nodes

setup() {
  [ "$EUID" -eq 0 ] || skip "needs root to become somebody else"
  command -v setpriv >/dev/null || skip "no setpriv"
  make_group
  # Bats keeps its own directories to itself.
  OPEN=$(mktemp -d)
  chmod 755 "$OPEN"
  mkdir "$OPEN/bin" "$OPEN/sudo" "$OPEN/closed"
  chmod 700 "$OPEN/closed"
  cp "$DIR/lab.toml" "$OPEN"
  # One who is root already needs no password.
  printf '#!/bin/sh\nexec "$@"\n' >"$OPEN/sudo/sudo"
  chmod 755 "$OPEN/sudo/sudo"
}
teardown() {
  stop_nodes
  [[ -z ${OPEN:-} ]] || rm -rf "$OPEN"
}

# as_nobody PATH PROGRAM OPTION...
as_nobody() {
  local path=$1 program=$2
  shift 2
  [[ -e $OPEN/bin/$program ]] || ln "$GA_BIN/$program" "$OPEN/bin/" 2>/dev/null || cp "$GA_BIN/$program" "$OPEN/bin/"
  setpriv --reuid 65534 --regid 65534 --clear-groups env PATH="$path" "$OPEN/bin/$program" "$@"
}
follow() { PATH=$OPEN/sudo:$OPEN/bin:$PATH sh -c "$1"; }
# refused PROGRAM OPTION...: nobody is told what works, with sudo and without
refused() {
  run as_nobody "$OPEN/sudo" "$@"
  [ "$status" -eq 4 ]
  next=$(sed -n 's/^  next: \(sudo .*\)/\1/p' <<<"$output")
  [[ $next == "sudo $1 "* ]]
  run as_nobody "$OPEN/bin" "$@"
  [ "$status" -eq 4 ]
  without_sudo=$(sed -n 's/^  next: \(su -c .*\)/\1/p' <<<"$output")
  [ "$without_sudo" ]
}

@test "who may not is told the command that works, as it was typed, and it does" {
  (
    umask 077
    "$GA_BIN/ga-cert" --dir "$OPEN/closed/lab" authority init lab --no-passphrase >/dev/null 2>&1
    "$GA_BIN/ipop-dhcp" --directory "$OPEN/closed/book" --groups "$OPEN" --group lab config >/dev/null
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$OPEN/closed/key.pem" 2>/dev/null
  )
  refused ga-cert --dir "$OPEN/closed/lab" list --certificates
  follow "$next"
  follow "$without_sudo"
  refused ga-cert --dir "$OPEN/closed/it's" authority init sea --no-passphrase
  follow "$next"
  [ -e "$OPEN/closed/it's/authority.key" ]
  refused ga-group --dir "$OPEN/closed" new sea --no-start
  follow "$without_sudo" >/dev/null
  [ -e "$OPEN/closed/sea.toml" ]
  mkdir "$OPEN/etc"
  { cat "$OPEN/lab.toml" && echo 'port = 25001'; } >"$OPEN/etc/lab.toml"
  refused ga-firewall --dir "$OPEN/etc" status
  run follow "$next"
  [ "$status" -ne 4 ]
  refused ipop-dhcp --directory "$OPEN/closed/book" --groups "$OPEN" check
  follow "$next"
  refused ipop-node --group "$OPEN/lab.toml" --no-tap --state-dir "$OPEN/closed" config check
  follow "$next"
  refused ga-layer --store "$OPEN/closed/store" import "$OPEN/lab.toml"
  run follow "$next"
  [ "$status" -ne 4 ]
}

@test "a folder of groups that may not be looked into is no empty one" {
  cp "$DIR/lab.toml" "$OPEN/closed"
  mkdir -m 777 "$OPEN/book"
  echo 'roles = ["worker"]' >"$OPEN/pool.toml"
  closed="$OPEN/closed: Permission denied"
  for command in "ga --dir $OPEN/closed --socket $OPEN/s status" "ga --dir $OPEN/closed --socket $OPEN/s status --watch" \
    "ga --dir $OPEN/closed --socket $OPEN/s doctor" "ga-group --dir $OPEN/closed list" \
    "ga-group --dir $OPEN/closed token" "ga-group --dir $OPEN/closed token lab" \
    "ga-cert --groups $OPEN/closed renew --all" "ga-cert --groups $OPEN/closed join" \
    "ga-cert --groups $OPEN/closed join --group lab" "ga-firewall --dir $OPEN/closed status" \
    "ipop-dhcp --directory $OPEN/book --groups $OPEN/closed config" "ga-condorcfg --dir $OPEN/closed --file $OPEN/pool.toml show"; do
    echo "$command"
    # shellcheck disable=SC2086  # words
    refused $command
    [[ $output == *"$closed"* ]]
    [[ $output != *"in no group"* ]]
    [[ $output != *"has no group"* ]]
  done
  # What is not there is empty.
  run as_nobody "$OPEN/bin" ga-group --dir "$OPEN/nothing" list
  [ "$status" -eq 0 ]
  [[ $output == "This machine is in no group."* ]]
}

@test "a node that may not be asked, and a port that may not be taken" {
  start_node a
  refused ipop-ctl --socket "$DIR/a.sock" status --plain
  [[ $next == "sudo ipop-ctl --socket $DIR/a.sock status --plain  # members of the group ga may ask, and change nothing" ]]
  follow "$next"
  refused ipop-dns --socket "$DIR/a.sock" list
  refused ga-pingtest --socket "$DIR/a.sock" run
}

@test "an interface that may not be made" {
  refused ipop-node --group "$OPEN/lab.toml" --tap gabats0 --no-lan-discovery --state-dir "$OPEN/state" --socket "$OPEN/s"
  [[ $output == *"needs root or CAP_NET_ADMIN"* ]]
}

@test "a token is not repeated, and a read-only disk is nothing that root could change" {
  token=$("$GA_BIN/ga-group" --dir "$OPEN" token lab 2>/dev/null)
  refused ga-group --dir "$OPEN/closed" join "$token" --no-start
  [[ $next == "sudo ga-group --dir $OPEN/closed join TOKEN --no-start" ]]
  mkdir "$OPEN/disk"
  mount -t tmpfs -o ro tmpfs "$OPEN/disk" || skip "no mounts here"
  run "$GA_BIN/ga-cert" --dir "$OPEN/disk/lab" authority init lab --no-passphrase
  umount "$OPEN/disk"
  [ "$status" -eq 4 ]
  [[ $output == *"Read-only file system"* ]]
  [[ $output != *"next: su"* ]]
}
