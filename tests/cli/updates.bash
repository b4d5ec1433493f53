# shellcheck shell=bash
# What the tests of ga-update share, beside layers.bash: a machine that nobody restarts, and its boots.

update_setup() {
  mkdir -p "$DIR/stubs" "$DIR/etc" "$DIR/run/base" "$DIR/root" "$DIR/out"
  # The machine is restarted by nobody; HTCondor answers while $DIR/pool is there, with what is in it.
  printf '#!/bin/sh\necho "$*" >>"%s/restarts"\n' "$DIR" >"$DIR/stubs/systemctl"
  printf '#!/bin/sh\ncat "%s/pool"\n' "$DIR" >"$DIR/stubs/condor_status"
  chmod 755 "$DIR"/stubs/*
  : >"$DIR/restarts"
  : >"$DIR/pool"
  echo none >"$DIR/run/update"
}

update() {
  PATH=$DIR/stubs:$PATH "$GA_BIN/ga-update" --store "$STORE" --trust "$DIR/trust" --groups "$DIR/etc" --run "$DIR/run" "$@"
}
# base_tree VERSION: what a base must have so that a boot goes on in it
base_tree() {
  rm -rf "$DIR/base"
  make_base
  mkdir -p "$DIR/base/sbin"
  cp "$(command -v busybox)" "$DIR/base/bin/test"
  # With the libraries that it has on this release, if any.
  { ldd "$DIR/base/bin/test" || true; } 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
    install -D "$library" "$DIR/base$library"
  done
  ln -s ../bin/test "$DIR/base/sbin/init"
  echo "$1" >"$DIR/base/version"
}
# two_bases: release 1 is in use, what it was written to has marks of every kind, and release 2 is in $DIR/out
two_bases() {
  base_tree 1
  released debian --tree "$DIR/base" --base 2>/dev/null
  base_tree 2
  released debian --tree "$DIR/base" --base --to "$DIR/out" --number 2 2>/dev/null
  boot normal 'rm -r $root/old; mkdir $root/old; echo old >$root/mark; ln $root/mark $root/mark2; rm $root/etc/passwd
    mv $root/etc $root/moved; truncate -s 9M $root/holes' >/dev/null
  tree_of "$STORE/home/up" >"$DIR/home_before"
}

# boot MODE [COMMANDS]: prints what the console shows, the version of the base, and what was written last. The boot disk's
# base is $BASE, if any. With CUT=N the power fails before the Nth change of the boot disk, and with ALONE=1 when
# power_fails is called.
boot() {
  # shellcheck disable=SC2086  # words
  unshare --mount --propagation private ${ALONE:+--pid --fork --kill-child} busybox sh -c '
    mode=$1 layers=$2 place=$3/run root=$3/root changes=0
    [ -z "${BASE-}" ] || mount --bind "$BASE" "$place/base"
    say() { echo "console: $1"; }
    change() { changes=$((changes + 1)); [ "$changes" != "${CUT:-0}" ] || { echo "power failed"; exit 137; }; }
    for program in mv rm sync mkdir; do eval "$program() { change; command $program \"\$@\"; }"; done
    copy_home() {
      change
      /bin/cp -a "$layers/home" "$layers/update/home.new" || return
      # Half of it, as far as the next boot can see.
      [ "$((changes + 1))" != "${CUT:-0}" ] || command rm -r "$layers/update/home.new/up"
      change
    }
    . "$4/packaging/appliance/boot-layers"
    lay_layers || { echo "stopped: $failed"; exit 1; }
    printf "%s\npackages\n" "$trial" >"$place/update"
    cat "$root/version" "$root/mark" 2>/dev/null
    eval "$5"' sh "$1" "$STORE" "$DIR" "$GA_SOURCE" "${2:-}"
}
# power_fails JOB: all that a boot in the background has started ends at once
power_fails() {
  local outer inner
  outer=$(pgrep -P "$1" unshare) inner=$(pgrep -P "$outer")
  kill -KILL "$outer"
  wait "$1" || true
  # The first process of a namespace ends after all others of it.
  has_ended() { [[ -z $(tr -d '\0' <"/proc/$inner/cmdline") ]]; }
  within has_ended
}
stack_of() { layer status --plain | cut -f1,3,4; }
is_clean() {
  [ "$(find "$STORE/update" -mindepth 1 -maxdepth 1 ! -name history ! -name tried 2>/dev/null)" = "" ] &&
    [ ! -e "$STORE/incoming" ] && layer verify >/dev/null
}
