#!/usr/bin/env bats
# What scripts/check_fresh says of tests that run here and are skipped on a Debian with the lists in packages/ alone.

more() { "$GA_SOURCE/scripts/skipped_more" "$@"; }

@test "what is skipped on the fresh machine alone is named, and what is skipped on both is not" {
  here=$BATS_TEST_TMPDIR/here there=$BATS_TEST_TMPDIR/there
  printf '%s\n' 'skipped  netns_ipsec: packets go by ESP: no ESP in kernel 6.1' '3 passed, 0 failed, 1 skipped' >"$here"
  sed 's/6.1/6.12/' "$here" >"$there"
  run more "$here" "$there"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  # The whole test where it was one row of it, and a row of another.
  printf '%s\n' 'skipped  netns_ipsec: strongSwan has no elliptic curves' 'skipped  cli_ga: a row: no script' >"$there"
  run more "$here" "$there"
  [ "$status" -eq 1 ]
  [ "$output" = "$(<"$there")" ]
  # Nothing was skipped here.
  : >"$here"
  run more "$here" "$there"
  [ "$status" -eq 1 ]
}

@test "a log that is not there is exit status 2" {
  run more /dev/null "$BATS_TEST_TMPDIR/none"
  [ "$status" -eq 2 ]
}
