#!/usr/bin/env bats
# scripts/in_root, which runs a command in a throw-away Debian: what it leaves.

@test "ended by a time limit, also while it cleans up, it leaves no folder" {
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  mkdir -p "$BATS_TEST_TMPDIR/root/bin" "$BATS_TEST_TMPDIR/stand-in" "$BATS_TEST_TMPDIR/tmp"
  ln -s /bin/sh "$BATS_TEST_TMPDIR/root/bin/sh"
  # In the place of what it runs: ends at once, or goes on until it is killed.
  for inside in true 'exec sleep 60'; do
    printf '#!/bin/sh\n%s\n' "$inside" >"$BATS_TEST_TMPDIR/stand-in/unshare"
    # A folder of the size of a Debian takes its time.
    printf '#!/bin/sh\nsleep 2\nexec %s "$@"\n' "$(command -v rm)" >"$BATS_TEST_TMPDIR/stand-in/rm"
    chmod +x "$BATS_TEST_TMPDIR/stand-in/"*
    # Its signal goes to the command, and once more to the whole process group.
    run env "TMPDIR=$BATS_TEST_TMPDIR/tmp" "PATH=$BATS_TEST_TMPDIR/stand-in:$PATH" \
      timeout 1 "$GA_SOURCE/scripts/in_root" "$BATS_TEST_TMPDIR/root" true 3>&-
    [ "$status" -eq 124 ]
    left=$(ls "$BATS_TEST_TMPDIR/tmp")
    echo "left: $left"
    [ -z "$left" ]
  done
}
