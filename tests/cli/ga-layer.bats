#!/usr/bin/env bats
# What an administrator, a site and a member see of ga-layer; with real overlays.

bats_require_minimum_version 1.5.0

load layers.bash
setup() { layer_setup; }
teardown() { layer_teardown; }

@test "base, module and home lie over one another, and each shows what it changed" {
  needs_root
  use_base
  layer mount "$DIR/m"
  echo mine >"$DIR/m/notes"
  [ "$(layer diff --plain)" = "added	0	5	notes	" ]
  layer unmount "$DIR/m"
  layer dev tools
  layer mount "$DIR/m"
  [ ! -e "$DIR/m/notes" ]
  mkdir -p "$DIR/m/opt"
  echo tool >"$DIR/m/opt/tool"
  rm "$DIR/m/etc/passwd"
  mv "$DIR/m/old" "$DIR/m/older"
  layer diff tools --json | jq -e '.schema == "ga-layer.diff/1" and .hidden_octets == 7 and
    ([.changes[] | select(.kind == "moved")] == [{"kind":"moved","path":"older","what":"old","size_before":0,"size_after":0}])'
  layer unmount "$DIR/m"
  released tools
  layer mount "$DIR/m"
  [ "$(cat "$DIR/m/opt/tool" "$DIR/m/notes" "$DIR/m/older/o")" = "$(printf 'tool\nmine\no')" ]
  [ ! -e "$DIR/m/etc/passwd" ]
  [ ! -e "$DIR/m/old" ]
  layer status --json | jq -e '.schema == "ga-layer.status/1" and (.layers | map(.name) == ["debian", "tools"]) and
    (.mounts | length == 1) and .development == ""'
  layer unmount "$DIR/m"
  layer verify --deep
}

@test "every step can be repeated, and a dry run changes nothing" {
  needs_root
  use_base
  run layer --dry-run mount "$DIR/m"
  [[ ${lines[0]} == "mount $STORE/images/debian-1.squashfs on $STORE/mounts/debian-1 (squashfs, loop device)" ]]
  [[ ${lines[2]} == "mount on $DIR/m (overlayfs, redirect_dir=on"*", written to $STORE/home/up" ]]
  [ ! -e "$STORE/home" ]
  layer mount "$DIR/m"
  layer mount "$DIR/m"
  [ "$(grep -c " $DIR/m " /proc/self/mountinfo)" -eq 1 ]
  layer unmount "$DIR/m"
  layer unmount "$DIR/m"
  layer dev tools
  layer dev tools
  layer mount "$DIR/m"
  echo x >"$DIR/m/x"
  before=$(find "$STORE" -printf '%P %s %m\n' | sort)
  run layer --dry-run release tools --key "$DIR/site.key" --certificate "$DIR/site.pem" --json
  jq -e '.schema == "ga-layer.steps/1" and .changed == false and (.steps | length == 7)' <<<"$output"
  layer --dry-run dev tools --end
  layer --dry-run blank tools || true
  [ "$(find "$STORE" -printf '%P %s %m\n' | sort)" = "$before" ]
  layer unmount "$DIR/m"
  layer dev tools --end
  layer dev tools --end
  layer dev tools
  [ -e "$STORE/development/tools/up/x" ]
}

@test "a release has no trace of the machine on which it was made" {
  needs_root
  make_base
  echo key >"$DIR/base/etc/ssh/ssh_host_ed25519_key"
  echo log >"$DIR/base/var/log/syslog"
  released debian --tree "$DIR/base" --base
  layer mount "$DIR/m"
  [ ! -e "$DIR/m/etc/ssh/ssh_host_ed25519_key" ]
  [ ! -e "$DIR/m/var/log/syslog" ]
  [ -d "$DIR/m/var/log" ]
  [ -e "$DIR/m/etc/machine-id" ]
  [ ! -s "$DIR/m/etc/machine-id" ]
  [ -s "$DIR/base/etc/machine-id" ]
}

@test "blank prints what and how much, and removes it" {
  make_base
  mkdir -p "$DIR/base/var/lib/ipop/lab" "$DIR/base/var/lib/condor/spool" "$DIR/base/root" "$DIR/base/etc/ipop"
  echo key >"$DIR/base/var/lib/ipop/lab/key.pem"
  echo lab >"$DIR/base/etc/ipop/lab.toml"
  echo host >"$DIR/base/etc/ssh/ssh_host_rsa_key"
  echo 12 >"$DIR/base/var/lib/condor/spool/job_queue.log"
  echo ls >"$DIR/base/root/.bash_history"
  echo log >"$DIR/base/var/log/syslog"
  before=$(find "$DIR/base" | sort)
  run layer --dry-run blank --tree "$DIR/base"
  [[ $output == *"would remove var/lib/ipop/lab/key.pem"* ]]
  [[ $output == *"would empty etc/machine-id"* ]]
  [ "$(find "$DIR/base" | sort)" = "$before" ]
  layer blank --tree "$DIR/base" --plain >"$DIR/said"
  [ "$(cat "$DIR/said")" = "keys	3	8
machine-id	1	5
ssh host keys	1	5
logs	1	4
histories	1	3
HTCondor's state	1	3" ]
  for gone in var/lib/ipop/lab etc/ipop/lab.toml etc/ssh/ssh_host_rsa_key root/.bash_history var/log/syslog; do
    [ ! -e "$DIR/base/$gone" ]
  done
  [ -d "$DIR/base/var/lib/condor/spool" ]
  [ -e "$DIR/base/etc/machine-id" ]
  [ ! -s "$DIR/base/etc/machine-id" ]
  layer blank --tree "$DIR/base" --json | jq -e '.schema == "ga-layer.blank/1" and .paths == []'
}

@test "blank leaves the machine alone in which it runs" {
  needs_root
  make_base
  mkdir -p "$DIR/base"/{usr,proc,program}
  for name in lib lib64; do ln -s "usr/$name" "$DIR/base/$name"; done
  # What it would take away is that small machine's.
  inside() {
    unshare --mount --propagation private sh -c 'cd "$1" && mount --bind /usr usr && mount --bind "$2" program &&
      mount -t proc none proc && shift 2 && exec chroot . /program/ga-layer "$@"' sh "$DIR/base" "$GA_BIN" "$@"
  }
  for tree in / /proc/self/root /bin/..; do
    run inside blank --tree "$tree"
    [ "$status" -ne 0 ]
    [[ $output == "ga-layer: this machine runs in $tree: "* ]]
  done
  [ "$(cat "$DIR/base/etc/machine-id")" = 0123 ]
}

@test "a directory without a name is refused in one line" {
  for verb in mount unmount; do
    run layer "$verb" ""
    [ "$status" -eq 2 ]
    [[ ${lines[0]} == "ga-layer: "* ]]
  done
}

@test "names of every kind come through a release as they are" {
  needs_root
  use_base
  layer dev tools
  layer mount "$DIR/m"
  cd "$DIR/m"
  mkdir odd opaque
  echo 1 >"odd/$(printf 'line\nfeed')"
  echo 2 >"odd/$(printf '\xff\xfe')"
  echo 3 >"odd/$(printf 'n%.0s' {1..255})"
  echo 4 >"odd/ space and \\ backslash"
  mkfifo odd/fifo
  mknod odd/device b 7 200
  python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("odd/socket")'
  ln -s ../../etc/passwd odd/link
  ln odd/fifo odd/fifo2
  echo many >odd/h1
  ln odd/h1 odd/h2
  ln odd/h1 opaque/h3
  chown 1234:5678 odd/h1
  cp /bin/true odd/capable
  setcap cap_net_raw+ep odd/capable
  cp /bin/true odd/setuid
  chmod 6755 odd/setuid
  setfattr -n user.note -v "a=b,c" odd/h1
  truncate -s 100M odd/sparse
  echo end >>odd/sparse
  rm -r old && mkdir old && echo new >old/n
  cd - >/dev/null
  tree_of "$DIR/m" >"$DIR/before"
  layer unmount "$DIR/m"
  released tools
  [ "$(stat -c %s "$STORE/images/tools-1.squashfs")" -lt 1000000 ]
  layer verify --deep
  layer mount "$DIR/m"
  tree_of "$DIR/m" >"$DIR/after"
  diff "$DIR/before" "$DIR/after"
  [ "$(ls "$DIR/m/old")" = n ]
  [ "$(getcap -n "$DIR/m/odd/capable" 2>/dev/null || getcap "$DIR/m/odd/capable")" != "" ]
  layer unmount "$DIR/m"
  # And once more from the image into a folder.
  layer dev tools
  layer mount "$DIR/m"
  tree_of "$DIR/m" >"$DIR/after"
  diff "$DIR/before" "$DIR/after"
}

@test "what an image can't keep is named, and nothing is released" {
  needs_root
  use_base
  layer dev tools
  layer mount "$DIR/m"
  echo x >"$DIR/m/shared"
  setfacl -m u:daemon:r "$DIR/m/shared"
  run released tools
  [ "$status" -eq 1 ]
  [ "$output" = "ga-layer: shared: has an ACL, which an image can't keep (setfacl -b removes it)" ]
  setfacl -b "$DIR/m/shared"
  echo changed >>"$DIR/m/bin/first"
  run released tools
  [ "$status" -eq 1 ]
  [ "$output" = "ga-layer: bin/first: was changed, and its other name bin/second still has the old octets (--break-links, or link it again)" ]
  [ ! -e "$STORE/images/tools-1.squashfs" ]
  [ ! -e "$STORE/incoming" ]
  ln -f "$DIR/m/bin/first" "$DIR/m/bin/second"
  released tools
  layer unmount "$DIR/m"
  layer mount "$DIR/m"
  [ "$DIR/m/bin/first" -ef "$DIR/m/bin/second" ]
  [ "$(tail -n 1 "$DIR/m/bin/second")" = changed ]
}

@test "a file that changes while a release is made is named, and there is no release" {
  needs_root
  use_base
  layer dev tools
  mkdir -p "$STORE/development/tools/up"
  for i in {1..400}; do echo "$i" >"$STORE/development/tools/up/file$i"; done
  # Somebody writes all the time, until the release has ended.
  touch "$DIR/going"
  while [[ -e $DIR/going ]]; do date +%N >>"$STORE/development/tools/up/file200"; done &
  writer=$!
  run released tools
  rm "$DIR/going"
  wait "$writer"
  [ "$status" -eq 1 ]
  [[ $output == "ga-layer: "*file200*change* ]]
  [ ! -e "$STORE/images/tools-1.squashfs" ]
  [ ! -e "$STORE/incoming" ]
  released tools
}

@test "a home moves to another machine with all that is in it, and back" {
  needs_root
  use_base
  layer mount "$DIR/m"
  cd "$DIR/m"
  mkdir -p home/ann
  echo thesis >"home/ann/$(printf 'the\nsis\xff')"
  truncate -s 300M home/ann/sparse
  ln home/ann/sparse home/ann/sparse2
  setfacl -m u:daemon:r home/ann/sparse
  mkfifo home/ann/fifo
  chown -R 1000:1000 home/ann
  rm -r old && mkdir old && echo new >old/n
  rm etc/passwd
  cd - >/dev/null
  tree_of "$DIR/m" >"$DIR/before"
  layer export home "$DIR/home.tar.zst"
  [ "$(stat -c %s "$DIR/home.tar.zst")" -lt 100000 ]
  tar --zstd -tf "$DIR/home.tar.zst" | grep -qx 'home/ann/sparse2'
  layer unmount "$DIR/m"
  STORE=$DIR/elsewhere
  released debian --tree "$DIR/base" --base
  run layer import "$DIR/home.tar.zst"
  [ "$status" -eq 1 ]
  [[ $output == *"it is not signed" ]]
  layer import "$DIR/home.tar.zst" --unsigned
  layer mount "$DIR/m"
  tree_of "$DIR/m" >"$DIR/after"
  diff "$DIR/before" "$DIR/after"
  [ "$(stat -c %b "$DIR/m/home/ann/sparse")" -lt 100 ]
  layer unmount "$DIR/m"
  # A second import keeps the first, and rollback swaps them.
  touch "$STORE/home/up/second"
  layer export home "$DIR/again.tar.zst"
  layer import "$DIR/again.tar.zst" --unsigned
  rm "$STORE/home/up/second"
  layer rollback home
  [ -e "$STORE/home/up/second" ]
}

@test "what gives rights travels in a home only when somebody signed it" {
  needs_root
  use_base
  layer mount "$DIR/m"
  cp /bin/true "$DIR/m/su"
  chmod 4755 "$DIR/m/su"
  layer unmount "$DIR/m"
  run layer export home "$DIR/home.tar.zst"
  [ "$status" -eq 1 ]
  [[ $output == "ga-layer: su runs with the rights of another"* ]]
  [ ! -e "$DIR/home.tar.zst" ]
  layer export home "$DIR/home.tar.zst" --key "$DIR/site.key" --certificate "$DIR/site.pem"
  run layer import "$DIR/home.tar.zst" --unsigned
  [ "$status" -eq 1 ]
  layer import "$DIR/home.tar.zst"
  [ "$(stat -c %a "$STORE/home/up/su")" = 4755 ]
}

@test "a release is carried to another machine, and rollback goes back" {
  needs_root
  use_base
  layer dev tools
  mkdir -p "$STORE/development/tools/up"
  echo 1 >"$STORE/development/tools/up/version"
  released tools
  layer dev tools
  echo 2 >"$STORE/development/tools/up/version"
  released tools
  layer export tools "$DIR/out"
  layer export debian "$DIR/out"
  layer rollback tools
  layer export tools "$DIR/out"
  STORE=$DIR/elsewhere
  layer import "$DIR/out/debian-1.manifest"
  layer import "$DIR/out/tools-1.squashfs"
  layer import "$DIR/out/tools-1.squashfs"
  layer import "$DIR/out/tools-2.squashfs"
  [ "$(layer status --plain | cut -f1,3,4)" = "$(printf 'debian\t1\t\ntools\t2\t1')" ]
  layer mount "$DIR/m"
  [ "$(cat "$DIR/m/version")" = 2 ]
  layer unmount "$DIR/m"
  layer rollback tools
  layer mount "$DIR/m"
  [ "$(cat "$DIR/m/version")" = 1 ]
  run layer rollback tools
  [ "$status" -eq 1 ]
}

@test "a folder from before the release in use is not worked on by mistake" {
  needs_root
  use_base
  layer dev tools
  mkdir -p "$STORE/development/tools/up"
  echo 1 >"$STORE/development/tools/up/version"
  released tools
  layer dev tools
  echo 1a >"$STORE/development/tools/up/version"
  layer dev tools --end
  mkdir "$DIR/other"
  echo 2 >"$DIR/other/version"
  released tools --tree "$DIR/other"
  run layer dev tools
  [ "$status" -eq 1 ]
  [[ $output == *"is from before release 2, which is in use"* ]]
  rm -r "$STORE/development/tools"
  layer dev tools
  [ "$(cat "$STORE/development/tools/up/version")" = 2 ]
}

@test "completions are what the program prints, and every option stands in the man page" {
  for shell in bash:ga-layer.bash zsh:_ga-layer fish:ga-layer.fish; do
    diff <("$GA_BIN/ga-layer" --completion "${shell%%:*}") "$GA_SOURCE/completions/${shell#*:}"
  done
  bash -n "$GA_SOURCE/completions/ga-layer.bash"
  if command -v zsh >/dev/null; then zsh -n "$GA_SOURCE/completions/_ga-layer"; fi
  if command -v fish >/dev/null; then fish -n "$GA_SOURCE/completions/ga-layer.fish"; fi
  page=$(sed 's/\\-/-/g' "$GA_SOURCE/man/ga-layer.1")
  for verb in "" mount unmount status diff dev blank release verify export import rollback; do
    # shellcheck disable=SC2086
    for option in $("$GA_BIN/ga-layer" $verb --help | grep -oE '^ +(-h,)?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
      [[ $page == *"$option"* ]] || { echo "man page lacks $option"; return 1; }
    done
  done
}

# as_user COMMAND...: as a user without rights, who owns $DIR.
as_user() {
  chown -R 65534:65534 "$DIR"
  chmod 755 "$DIR"
  HOME=$DIR setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$@"
}
# A store of a user's own, in a directory that he reaches; the test's is root's.
user_layers() {
  needs_root
  layer_setup "$(mktemp -d "${TMPDIR:-/tmp}/ga-layer.XXXXXX")"
  use_base
  export -f layer
  export GA_BIN STORE DIR
  # shellcheck disable=SC2016
  as_user bash -c 'test -x "$GA_BIN/ga-layer" && test -r "$DIR"' || skip "the programs are out of an ordinary user's reach"
}

@test "an ordinary user mounts in a user namespace, and what he writes stays" {
  user_layers
  as_user unshare --user --map-root-user --mount true || skip "user namespaces are not allowed here"
  # shellcheck disable=SC2016
  as_user bash -c 'layer mount "$DIR/m" -- bash -euc "
    cat $DIR/m/etc/passwd
    echo mine >$DIR/m/notes
    rm $DIR/m/etc/passwd
    rm -r $DIR/m/old
    mkdir $DIR/m/old"'
  [ ! -e "$DIR/m/notes" ]
  [ "$(cat "$STORE/home/up/notes")" = mine ]
  # shellcheck disable=SC2016
  run as_user bash -c 'layer mount "$DIR/m" -- bash -c "ls $DIR/m/etc $DIR/m/old; cat $DIR/m/notes"'
  [ "$status" -eq 0 ]
  [[ $output == *mine ]]
  [[ $output != *passwd* ]]
  # The exit status is that of the command.
  # shellcheck disable=SC2016
  run as_user bash -c 'layer mount "$DIR/m" -- bash -c "exit 9"'
  [ "$status" -eq 9 ]
  run as_user "$GA_BIN/ga-layer" --store "$STORE" diff --plain
  [[ $output == *"hidden	5	0	etc/passwd"* ]]
}

@test "an ordinary user makes a release and takes it apart again" {
  user_layers
  as_user unshare --user --map-root-user --mount true || skip "user namespaces are not allowed here"
  # shellcheck disable=SC2016
  as_user bash -euc 'layer dev tools
    layer mount "$DIR/m" -- bash -euc "echo tool >$DIR/m/tool; rm -r $DIR/m/old; mkdir $DIR/m/old"
    layer release tools --key "$DIR/site.key" --certificate "$DIR/site.pem"
    layer verify --deep
    layer mount "$DIR/m" -- bash -euc "cat $DIR/m/tool; [[ -z \$(ls $DIR/m/old) ]]"'
  grep -q '^f 0644 0 0 5:.* tool$' "$STORE/images/tools-1.manifest"
}

@test "an ordinary user mounts through FUSE, or is told what is missing" {
  user_layers
  run as_user env PATH=/nowhere "$GA_BIN/ga-layer" --store "$STORE" mount "$DIR/m"
  [ "$status" -eq 4 ]
  [[ $output == "ga-layer: an ordinary user needs FUSE to mount"* ]]
  command -v fuse-overlayfs >/dev/null || skip "fuse-overlayfs is not installed"
  [[ -e /dev/fuse ]] || skip "this kernel has no FUSE"
  # In a mount namespace where everybody may open /dev/fuse, as on most machines.
  # shellcheck disable=SC2016
  unshare --mount bash -euc '
    mount -t tmpfs fuse-device "$DIR/trust" && mknod -m 666 "$DIR/trust/fuse" c 10 229
    mount --bind "$DIR/trust/fuse" /dev/fuse
    user() { setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$@"; }
    chown -R 65534:65534 "$DIR/store"
    user "$GA_BIN/ga-layer" --store "$STORE" mount "$DIR/m"
    user bash -c "cat $DIR/m/etc/passwd && echo mine >$DIR/m/notes && rm $DIR/m/etc/passwd"
    user "$GA_BIN/ga-layer" --store "$STORE" unmount "$DIR/m"
    user "$GA_BIN/ga-layer" --store "$STORE" unmount "$DIR/m"
    if grep -q " $DIR/store" /proc/self/mountinfo; then exit 1; fi
    user "$GA_BIN/ga-layer" --store "$STORE" mount "$DIR/m"
    user bash -c "cat $DIR/m/notes && [[ ! -e $DIR/m/etc/passwd ]]"
    user "$GA_BIN/ga-layer" --store "$STORE" unmount "$DIR/m"'
}

@test "the old state is whole when a step is cut short, and the next command puts things right" {
  needs_root
  command -v strace >/dev/null || skip "strace is not installed"
  use_base
  layer dev tools
  mkdir -p "$STORE/development/tools/up"
  echo 1 >"$STORE/development/tools/up/version"
  released tools
  layer dev tools
  echo 2 >"$STORE/development/tools/up/version"
  layer dev tools --end
  cp -a "$STORE" "$DIR/kept"
  # Killed at the first, second, ... change of a name in the file system, until there are no more.
  for call in rename,renameat,renameat2 unlink,unlinkat,rmdir; do
    for ((at = 1; at < 40; at++)); do
      rm -rf "$STORE"
      cp -a "$DIR/kept" "$STORE"
      layer dev tools 2>/dev/null
      status=0
      ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$at" \
        "$GA_BIN/ga-layer" --store "$STORE" --trust "$DIR/trust" release tools --key "$DIR/site.key" \
        --certificate "$DIR/site.pem" 2>/dev/null || status=$?
      number=$(layer status --plain | awk -F'\t' '$1 == "tools" {print $3}')
      layer verify >/dev/null
      [[ $number == 1 || $number == 2 ]]
      # Whatever there is goes on: the module is released, or was.
      if [[ $number == 1 ]]; then
        layer dev tools 2>/dev/null
        released tools 2>/dev/null
      fi
      layer verify --deep >/dev/null
      [ "$(layer status --plain | awk -F'\t' '$1 == "tools" {print $3}')" = 2 ]
      [ ! -e "$STORE/incoming" ]
      # And who works on it again goes on from all of it.
      layer dev tools 2>/dev/null
      [ "$(cat "$STORE/development/tools/up/version")" = 2 ]
      ((status != 0)) || break
    done
    echo "# $call: cut short at $((at - 1)) places" >&3
    ((at > 2 && at < 40))
  done
}

@test "an import that is cut short leaves a whole home, and a whole one to go back to or none" {
  needs_root
  command -v strace >/dev/null || skip "strace is not installed"
  use_base
  for state in 1 2 3; do
    rm -rf "$STORE/home"
    mkdir -p "$STORE/home/up"
    for name in a b c d; do echo "$state" >"$STORE/home/up/$name"; done
    layer export home "$DIR/$state.tar.zst"
  done
  rm -rf "$STORE/home"
  for state in 1 2; do layer import "$DIR/$state.tar.zst" --unsigned; done
  cp -a "$STORE" "$DIR/kept"
  whole() { [[ $(sort -u "$STORE"/home/up/* | tr '\n' ' ')$(find "$STORE/home/up" -type f | wc -l) =~ ^[123]\ 4$ ]]; }
  for call in rename,renameat,renameat2 unlink,unlinkat,rmdir; do
    for ((at = 1; at < 60; at++)); do
      rm -rf "$STORE"
      cp -a "$DIR/kept" "$STORE"
      status=0
      ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$at" \
        "$GA_BIN/ga-layer" --store "$STORE" --trust "$DIR/trust" import "$DIR/3.tar.zst" --unsigned 2>/dev/null || status=$?
      whole
      if layer rollback home 2>/dev/null; then whole; fi
      ((status != 0)) || break
    done
    echo "# $call: cut short at $((at - 1)) places" >&3
    ((at > 2 && at < 60))
  done
}
