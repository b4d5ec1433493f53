#!/usr/bin/env bats
# What a person sees of ga-appliance; with a real QEMU where there is one, and a disk that nothing boots from.

bats_require_minimum_version 1.5.0

setup() {
  # Sockets have short names.
  DIR=$(mktemp -d "${TMPDIR:-/tmp}/ga-vm.XXXXXX")
  truncate -s 1M "$DIR/image.raw"
}
teardown() {
  local pid
  for pid in "$DIR"/vms/*/pid; do [[ ! -e $pid ]] || kill -KILL "$(<"$pid")" 2>/dev/null || true; done
  rm -rf "$DIR"
}
appliance() { "$GA_BIN/ga-appliance" --dir "$DIR/vms" "$@"; }
needs_qemu() { command -v qemu-system-x86_64 qemu-img >/dev/null || skip "no QEMU on this machine (packages/check)"; }
# make NAME...: small machines that run
make() { appliance start "$@" --image "$DIR/image.raw" --memory 256 --accelerator tcg; }
state_of() { appliance list --json | jq -r --arg name "$1" '.machines[] | select(.name == $name).state'; }
# A program of another name, which prints how it was called.
stand_in() {
  mkdir -p "$DIR/bin"
  printf '#!/bin/sh\nprintf "%%s|" "$0" "$@"\n' >"$DIR/bin/$1"
  chmod +x "$DIR/bin/$1"
}

@test "machines are made, run side by side, and are listed" {
  needs_qemu
  run --separate-stderr make a b
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = "a: started without KVM, which is many times slower" ]
  [ "${lines[1]}" = "b: started without KVM, which is many times slower" ]
  appliance list --json | jq -e --arg image "$DIR/image.raw" '.schema == "ga-appliance.list/1" and
    (.machines | map([.name, .state, .memory_mib, .processors, .medium, .image]) ==
      [["a", "running", 256, 1, false, $image], ["b", "running", 256, 1, false, $image]])'
  [ "$(appliance list --plain | head -n 1)" = "a	running	256 MiB	1	$DIR/image.raw" ]
  [ "$(stat -c %a "$DIR/vms/a")" = 700 ]
  # The image is nobody's disk.
  [ "$(sha256sum <"$DIR/image.raw")" = "$(head -c 1M /dev/zero | sha256sum)" ]
  run make a
  [ "$output" = "a: runs already" ]
}

@test "what does not stop in time is switched off, and said" {
  needs_qemu
  make a b >/dev/null
  run appliance stop a b --timeout 1s
  [ "$status" -eq 7 ]
  [ "${lines[0]}" = "a: did not stop in time, and was switched off" ]
  [ "$(state_of a) $(state_of b)" = "stopped stopped" ]
  run appliance stop a
  [ "$status" -eq 0 ]
  [ "$output" = "a: does not run" ]
  run appliance start a
  [ "$status" -eq 0 ]
  run appliance stop a --now
  [ "$status" -eq 0 ]
  [ "$output" = "a: switched off" ]
}

@test "a machine that is reset runs from a clean disk" {
  needs_qemu
  make a >/dev/null
  appliance stop a --now
  clean=$(sha256sum <"$DIR/vms/a/disk.qcow2")
  qemu-io -c 'write 0 64k' "$DIR/vms/a/disk.qcow2" >/dev/null
  [ "$(sha256sum <"$DIR/vms/a/disk.qcow2")" != "$clean" ]
  appliance start a >/dev/null
  run appliance reset a
  [ "$status" -eq 0 ]
  [ "$output" = "a: has a clean disk, and is started without KVM, which is many times slower" ]
  [ "$(state_of a)" = running ]
  appliance stop a --now
  qemu-io -c 'read -P 0 0 64k' "$DIR/vms/a/disk.qcow2" | grep -q 'read 65536'
  [ "$(qemu-img map --output json "$DIR/vms/a/disk.qcow2" | jq '[.[] | select(.depth == 0)] | length')" -eq 0 ]
}

@test "a machine that runs is not deleted; one that is deleted leaves nothing" {
  needs_qemu
  make a >/dev/null
  run appliance delete a
  [ "$status" -eq 1 ]
  [ "$output" = "ga-appliance: a: runs; \`ga-appliance stop\` it first" ]
  appliance stop a --now
  run appliance delete a b
  [ "$status" -eq 7 ]
  [ "${lines[0]}" = "a: deleted" ]
  [ "${lines[1]}" = "ga-appliance: b: there is no such machine in $DIR/vms" ]
  [ ! -e "$DIR/vms/a" ]
}

@test "each machine of a group gets a medium of its own, with its name" {
  command -v mcopy >/dev/null || skip "no mtools on this machine"
  needs_qemu
  "$GA_BIN/ga-group" new lab --dir "$DIR/groups" --no-start --bootstrap lab.example.org:25000 >/dev/null 2>&1
  # The tool asks ga-group for a group of this host: one that has it in another place stands in.
  mkdir "$DIR/programs"
  cp "$GA_BIN/ga-appliance" "$DIR/programs/"
  printf '#!/bin/sh\nexec "%s" --dir "%s" "$@"\n' "$GA_BIN/ga-group" "$DIR/groups" >"$DIR/programs/ga-group"
  chmod +x "$DIR/programs/ga-group"
  run "$DIR/programs/ga-appliance" --dir "$DIR/vms" start a b --image "$DIR/image.raw" --memory 256 --accelerator tcg \
    --group lab --role worker
  [ "$status" -eq 0 ]
  for name in a b; do
    mcopy -i "$DIR/vms/$name/medium.img" ::appliance.toml "$DIR/$name.toml"
    grep -qx "host_name = \"$name\"" "$DIR/$name.toml"
    [ "$(stat -c %a "$DIR/vms/$name/medium.img")" = 600 ]
  done
}

@test "what is wrong is one line, and nothing is made" {
  run appliance start a
  [ "$status" -eq 1 ]
  [ "$output" = "ga-appliance: a: there is no such machine; --image FILE makes it" ]
  run appliance start A --image "$DIR/image.raw"
  [ "$status" -eq 1 ]
  [[ $output == 'ga-appliance: A: the name "A" is not 1 to 32 of a-z'* ]]
  run appliance start a --image "$DIR/none"
  [ "$status" -eq 1 ]
  [ "$output" = "ga-appliance: a: $DIR/none is no disk image that can be read" ]
  run appliance start a --group lab
  [ "$status" -eq 2 ]
  run appliance stop a --now --timeout 1s
  [ "$status" -eq 2 ]
  [ ! -e "$DIR/vms" ]
  mkdir -p "$DIR/vms/b"
  echo 'memory_mib = 3' >"$DIR/vms/b/machine.toml"
  run appliance start b
  [ "$status" -eq 1 ]
  [[ $output == "ga-appliance: b: $DIR/vms/b/machine.toml:1: "* ]]
  [ "$(state_of b)" = damaged ]
  run appliance delete b
  [ "$status" -eq 0 ]
  [ ! -e "$DIR/vms/b" ]
}

@test "a dry run prints the steps and changes nothing" {
  run appliance start a --image "$DIR/image.raw" --accelerator tcg --dry-run
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = "make $DIR/vms/a" ]
  [ "${lines[1]}" = "qemu-img create -q -f qcow2 -b $DIR/image.raw -F raw $DIR/vms/a/disk.qcow2.new" ]
  [[ ${lines[4]} == "qemu-system-x86_64 -name a "* ]]
  [ ! -e "$DIR/vms" ]
}

# in_network COMMAND...: where root's ga-appliance finds an /etc, and bridges, that are nobody else's
in_network() {
  mkdir -p "$DIR/etc" "$DIR/work"
  # shellcheck disable=SC2016  # for the shell inside
  unshare --net --mount bash -c 'mount -t sysfs sysfs /sys && mount -t tmpfs tmpfs "$1/work" && mkdir "$1/work/work" "$1/work/up" &&
    cp -a "$1/etc/." "$1/work/up" &&
    mount -t overlay -o "lowerdir=/etc,upperdir=$1/work/up,workdir=$1/work/work" etc /etc && { [ -z "$2" ] || ip link add "$2" type bridge; } &&
    exec "${@:3}"' in_network "$DIR" "$@"
}
needs_networks() {
  [ "$(id -u)" -eq 0 ] && unshare --net --mount true 2>/dev/null || skip "needs root for network namespaces"
}

@test "a machine on a bridge is a port of it, and keeps its MAC" {
  needs_networks
  mkdir -p "$DIR/etc/qemu"
  echo 'allow br-test' >"$DIR/etc/qemu/bridge.conf"
  run in_network br-test "$GA_BIN/ga-appliance" --dir "$DIR/vms" start a --image "$DIR/image.raw" --accelerator tcg --bridge br-test --dry-run
  [ "$status" -eq 0 ]
  [[ ${lines[4]} == *" -nic bridge,br=br-test,model=virtio-net-pci,mac=52:54:00:0c:29:2c "* ]]
  needs_qemu
  # shellcheck disable=SC2016  # for the shell inside
  run --separate-stderr in_network br-test bash -c '"$1" --dir "$2/vms" start a --image "$2/image.raw" --memory 256 --accelerator tcg \
      --bridge br-test && ip -json link show master br-test && "$1" --dir "$2/vms" stop a --now' bridge "$GA_BIN/ga-appliance" "$DIR"
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = "a: started without KVM, which is many times slower" ]
  [ "$(jq length <<<"${lines[1]}")" -eq 1 ]
  grep -qx 'bridge = "br-test"' "$DIR/vms/a/machine.toml"
}

@test "what is needed for a bridge is said with the command for it, and nothing is made" {
  needs_networks
  start=("$GA_BIN/ga-appliance" --dir "$DIR/vms" start a --image "$DIR/image.raw" --bridge br-test)
  run in_network "" "${start[@]}"
  [ "$status" -eq 1 ]
  [ "$output" = "ga-appliance: a: this host has no bridge br-test; as root: ip link add br-test type bridge && ip link set br-test up" ]
  run in_network br-test "${start[@]}"
  [ "$status" -eq 4 ]
  [ "$output" = "ga-appliance: a: QEMU's rules let no machine onto br-test; as root: mkdir -p /etc/qemu && echo 'allow br-test' >>/etc/qemu/bridge.conf" ]
  [ ! -e "$DIR/vms" ]
  run "${start[@]}" --host-node
  [ "$status" -eq 2 ]
  run appliance start a b --image "$DIR/image.raw" --group lab --bridge br-test --host-node
  [ "$status" -eq 2 ]
  [ "$output" = "ga-appliance: --host-node is for one machine: the node of this host has one address" ]
}

@test "console and ssh go on as the programs for it" {
  stand_in socat
  stand_in ssh
  needs_qemu
  make a >/dev/null
  PATH=$DIR/bin:$PATH run --separate-stderr appliance console a
  [ "$output" = "$DIR/bin/socat|-,raw,echo=0,escape=0x1d|UNIX-CONNECT:$DIR/vms/a/console|" ]
  PATH=$DIR/bin:$PATH run appliance ssh a -- condor_status -total
  [ "$output" = "$DIR/bin/ssh|root@a.ipop|condor_status|-total|" ]
  PATH=$DIR/bin:$PATH run appliance ssh a --domain lab.example
  [ "$output" = "$DIR/bin/ssh|root@a.lab.example|" ]
  appliance stop a --now
  run appliance console a
  [ "$status" -eq 1 ]
  [ "$output" = "ga-appliance: a: does not run" ]
  appliance console a --log
}
