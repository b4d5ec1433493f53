#!/usr/bin/env bats
# What ga-layer and ga-update have on a disk when the power fails: all writes to a file system are recorded by QEMU's
# storage daemon, and each test looks at the disk after a cut at many of them (torn_disk.py). CUTS: at how many (25).

bats_require_minimum_version 1.5.0

load layers.bash
load updates.bash
load within.bash

setup() {
  [ "$EUID" -eq 0 ] || skip "mounting through the kernel needs root"
  PATH=$PATH:/sbin:/usr/sbin
  for program in qemu-storage-daemon mkfs.ext4 e2fsck losetup python3 mksquashfs busybox; do
    command -v "$program" >/dev/null || skip "$program is not installed"
  done
  [ -c /dev/fuse ] || skip "there is no /dev/fuse"
  layer_setup
  rm -r "$STORE"
  mkdir "$DIR/m"
  STORE=$DIR/m/store
  truncate -s 96M "$DIR/before.img"
  mkfs.ext4 -q -F "$DIR/before.img"
  mount -o loop "$DIR/before.img" "$DIR/m"
  mkdir -p "$STORE/images"
}
teardown() {
  local daemon
  layer_teardown
  [ -z "${LOOP-}" ] || losetup --detach "$LOOP" 2>/dev/null || true
  if daemon=$(cat "$DIR/daemon.pid" 2>/dev/null); then kill "$daemon" 2>/dev/null || true; fi
}

# recorded COMMAND...: run on the disk as it is; all that it and the unmounting write is in the record. DONE: how many of
# the writes and flushes had been when the command ended, ALL: how many there are.
recorded() {
  umount "$DIR/m"
  cp --sparse=always "$DIR/before.img" "$DIR/disk.img"
  : >"$DIR/record"
  touch "$DIR/export"
  qemu-storage-daemon --daemonize --pidfile "$DIR/daemon.pid" --blockdev "driver=file,node-name=disk,filename=$DIR/disk.img" \
    --blockdev "driver=file,node-name=record,filename=$DIR/record" \
    --blockdev driver=blklogwrites,node-name=both,file=disk,log=record \
    --export "type=fuse,id=export,node-name=both,mountpoint=$DIR/export,writable=on"
  LOOP=$(losetup --find --show "$DIR/export")
  mount "$LOOP" "$DIR/m"
  "$@"
  DONE=$("$GA_SOURCE/tests/cli/torn_disk.py" count "$DIR/record" "$(stat -c %s "$DIR/record")")
  umount "$DIR/m"
  losetup --detach "$LOOP"
  LOOP=
  within is_detached
  kill "$(cat "$DIR/daemon.pid")"
  within has_ended
  ALL=$("$GA_SOURCE/tests/cli/torn_disk.py" count "$DIR/record")
}
is_detached() { [[ -z $(losetup --noheadings --associated "$DIR/export") ]]; }
has_ended() { [[ ! -e $DIR/daemon.pid ]] || ! kill -0 "$(cat "$DIR/daemon.pid")"; }
# cut N [ignore]: the disk after the Nth write is mounted. 1 when its file system is broken.
cut() {
  local checked=0
  # Another file each time: a loop device of the cut before may still be there, and mount would take that with what it has
  # read.
  rm -f "$DIR/torn.img"
  "$GA_SOURCE/tests/cli/torn_disk.py" cut "$DIR/record" "$DIR/before.img" "$DIR/torn.img" "$@"
  e2fsck -fp "$DIR/torn.img" >"$DIR/checked" 2>&1 || checked=$?
  ((checked <= 1)) || { cat "$DIR/checked"; return 1; }
  mount -o loop "$DIR/torn.img" "$DIR/m"
}
# at_many_cuts COMMAND...: after each of them; with the number of the cut behind it
at_many_cuts() {
  local number count=${CUTS:-25} i
  ((count <= ALL)) || count=$((ALL + 1))
  for ((i = 0; i < count; i++)); do
    number=$((i * ALL / (count - 1)))
    cut "$number" || { echo "cut at $number of $ALL: the file system is broken"; return 1; }
    "$@" "$number" || { echo "cut at $number of $ALL (done at $DONE)"; cat "$DIR/checked"; losetup --list; return 1; }
    umount "$DIR/m"
  done
  echo "# $BATS_TEST_DESCRIPTION: $count cuts of $ALL writes and flushes" >&3
}
release_in_use() { layer status --plain | awk -F '\t' '$1 == "tools" { print $3 }'; }
# tools_are_worked_on: release 1 is in use, and what release 2 will have is in the module's folder
tools_are_worked_on() {
  local up=$STORE/development/tools/up i
  layer dev tools 2>/dev/null
  mkdir -p "$up/opt/tools"
  echo first >"$up/opt/tools/version"
  released tools 2>/dev/null
  layer dev tools 2>/dev/null
  echo second >"$up/opt/tools/version"
  for ((i = 0; i < 30; i++)); do head -c $((i * 1500)) /dev/urandom >"$up/opt/tools/$i"; done
  ln "$up/opt/tools/3" "$up/opt/tools/three"
  tree_of "$up" >"$DIR/tools"
  sync --file-system "$STORE"
}

released_or_not() {
  local number=$1 release
  release=$(release_in_use)
  [[ $release == 1 || $release == 2 ]] || { echo "tools: release $release"; return 1; }
  ((number < DONE)) || [[ $release == 2 ]] || { echo "it was released, and is not"; return 1; }
  layer verify --deep >/dev/null || return 1
  # What was worked on is there either way, as a folder or in the release.
  layer dev tools 2>/dev/null || { layer dev tools; return 1; }
  tree_of "$STORE/development/tools/up" | diff - "$DIR/tools" || return 1
  [[ ! -e $STORE/incoming ]]
}
@test "a loss of power during a release leaves the release, or what was worked on" {
  tools_are_worked_on
  recorded released tools
  at_many_cuts released_or_not
}

blanked_or_not() {
  local number=$1 left
  # What is no trace is what it was.
  layer blank tools >/dev/null 2>"$DIR/said"
  tree_of "$STORE/development/tools/up" | diff - "$DIR/blanked" || return 1
  umount "$DIR/m" && cut "$number" || return 1
  left=$(layer blank tools --dry-run --json | jq '.groups | length') || return 1
  ((number < DONE)) || [[ $left == 0 ]] || { echo "$left kinds of traces are back"; return 1; }
}
@test "what is blanked is gone when that was said, and a loss of power before takes nothing else" {
  tools_are_worked_on
  local up=$STORE/development/tools/up
  mkdir -p "$up/etc/ssh" "$up/var/log" "$up/var/lib/ipop/lab" "$up/root"
  echo 0123456789abcdef0123456789abcdef >"$up/etc/machine-id"
  echo key >"$up/etc/ssh/ssh_host_ed25519_key"
  echo key >"$up/var/lib/ipop/lab/key.pem"
  echo log >"$up/var/log/syslog"
  echo secret >"$up/root/.bash_history"
  cp -a "$up" "$DIR/copy"
  layer blank --tree "$DIR/copy" >/dev/null
  sync --file-system "$STORE"
  recorded layer blank tools
  umount "$DIR/m" 2>/dev/null || true
  cut "$ALL"
  tree_of "$STORE/development/tools/up" >"$DIR/blanked"
  [ "$(layer blank tools --dry-run --json | jq '.groups | length')" -eq 0 ]
  umount "$DIR/m"
  at_many_cuts blanked_or_not
}

whole_update() {
  update apply "$DIR/out/debian-2.squashfs" --want none
  boot normal 'echo new >$root/mark' >/dev/null
  update confirm
}
updated_or_not() {
  local number=$1 said
  said=$(boot normal | grep -v '^console')
  [[ $said == 1?old || $said == 2?old || $said == 2?new ]] || { echo "came up as: $said"; return 1; }
  ((number < DONE)) || [[ $said == 2?new ]] || { echo "it was content, and came up as: $said"; return 1; }
  # What follows ends the update, and the machine stays what it is.
  update confirm 2>/dev/null || true
  boot normal >/dev/null
  update confirm 2>/dev/null || true
  # The next command puts right what an update that never began has left.
  update unhold 2>/dev/null
  [[ $(boot normal) == "$said" ]] || { echo "came up as $said, and then as $(boot normal)"; return 1; }
  [[ $said != 1* ]] || tree_of "$STORE/home/up" | diff - "$DIR/home_before" || return 1
  is_clean || { find "$STORE/update" "$STORE/incoming"; return 1; }
}
@test "S20: a loss of power during an update leaves the old state or the new one, with a whole home" {
  update_setup
  two_bases
  sync --file-system "$STORE"
  recorded whole_update
  at_many_cuts updated_or_not
}

@test "a disk that swallows flushes is found out by these tests" {
  tools_are_worked_on
  recorded released tools
  local number broken=0
  for ((number = DONE; number <= ALL; number++)); do
    if cut "$number" ignore >/dev/null; then
      released_or_not "$number" >/dev/null 2>&1 || broken=$((broken + 1))
      umount "$DIR/m"
    else
      broken=$((broken + 1))
    fi
  done
  echo "# of $((ALL - DONE + 1)) cuts after the release $broken were found out" >&3
  ((broken > 0))
}
