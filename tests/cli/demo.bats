#!/usr/bin/env bats
# How the demos begin and end, without one that runs: tests/netns/demo_kept.sh and demo_cleans_up.sh run them.

teardown() { [ ! -e "/etc/netns/other$$" ] || rmdir "/etc/netns/other$$"; }
bats_require_minimum_version 1.5.0

# A demo that is kept, of one host with a process, where /run is the test's own.
kept() { # COMMANDS: a shell's, with $internet and $files
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  unshare --mount --net true 2>/dev/null || skip "namespaces are not allowed here"
  mkdir -p "/etc/netns/other$$"
  run timeout 60 unshare --mount bash -c '
    mount -t tmpfs none /run || exit 99
    demo=$1 files=$2 internet=gk$$
    make_kept() { printf "%s\n" "$internet" "$files" "internet alice" >/run/ga-demo; }
    mkdir "$files" /run/netns
    ip netns add "$internet-internet"
    ip netns add "$internet-alice"
    mkdir -p "/etc/netns/$internet-alice"
    (exec ip netns exec "$internet-alice" sleep 100 >/dev/null 2>&1 3>&-) &
    make_kept
    eval "$3"
    left=$(ip netns list) && [[ ! $left && ! -e /run/ga-demo && ! -e $files && ! -e /etc/netns/$internet-alice ]] ||
      echo "left: $left $(ls -d /run/ga-demo "$files" 2>/dev/null)"' \
    kept "$GA_SOURCE/demo/demo.sh" "$BATS_TEST_TMPDIR/files" "$1"
}

@test "a kept demo is ended where others have folders in /etc/netns" {
  kept '$demo --stop; echo "status $?"; $demo --stop; echo "status $?"'
  [ "${lines[*]}" = "demo: ended status 0 demo: none is running status 0" ]
}

@test "a kept demo is ended of which a part is gone already" {
  kept 'ip netns del "$internet-internet"; $demo --stop; echo "status $?"'
  [ "${lines[*]}" = "demo: ended status 0" ]
  kept 'ip netns del "$internet-internet"; kill $!; wait $! 2>/dev/null; ip netns del "$internet-alice"
    rm -r "$files"; $demo --stop; echo "status $?"'
  [ "${lines[*]}" = "demo: ended status 0" ]
}

@test "a stop that was cut off is begun again" {
  kept 'mkdir "$files/bin" && printf "#!/bin/sh\nkill -TERM \$PPID\n" >"$files/bin/rmdir" && chmod +x "$files/bin/rmdir"
    { PATH=$files/bin:$PATH $demo --stop; } 2>/dev/null; echo "status $?"; $demo --stop; echo "status $?"'
  [ "${lines[*]}" = "status 143 demo: ended status 0" ]
}

@test "a note of a kept demo that says nothing is taken away, with a word" {
  kept ': >/run/ga-demo; $demo --stop; echo "status $?"; ! [[ -e /run/ga-demo ]]; echo "gone $?"
    make_kept; $demo --stop'
  [ "${lines[0]}" = "demo: /run/ga-demo did not say what was kept; look at: ip netns list" ]
  [ "${lines[*]:1}" = "status 1 gone 0 demo: ended" ]
}

@test "without root, make demo says so before it installs or builds anything" {
  # As an ordinary user who may read the tree; nothing is built in it.
  ordinary=()
  [ "$(id -u)" -ne 0 ] || ordinary=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  "${ordinary[@]}" test -r "$GA_SOURCE/Makefile" || skip "an ordinary user may not read this tree"
  for demo in demo demo-pool demo-closed; do
    run --separate-stderr timeout 20 "${ordinary[@]}" make --no-print-directory --directory "$GA_SOURCE" "$demo"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [ "${stderr_lines[0]}" = "$demo: network namespaces need root: sudo make $demo" ]
  done
}
