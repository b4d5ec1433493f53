#!/usr/bin/env bats
# What the scripts of bench/ say when they are called wrongly. None of them measures anything here.

bats_require_minimum_version 1.5.0
scripts=(peers flood leases relayed enrolment pool)

@test "each script of bench says with --help how it is used, and without a word what it needs" {
  for name in "${scripts[@]}"; do
    run --separate-stderr "$GA_SOURCE/bench/$name.sh" --help
    echo "$name: $output"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "usage: $name.sh BIN "*" [--output FILE]" ]]
    help=$output
    run --separate-stderr "$GA_SOURCE/bench/$name.sh"
    [ "$status" -eq 2 ]
    [ "$stderr" = "$help" ]
  done
}

@test "a folder, a program or an option that is wrong is named" {
  mkdir "$BATS_TEST_TMPDIR/bin"
  for name in "${scripts[@]}"; do
    run "$GA_SOURCE/bench/$name.sh" "$BATS_TEST_TMPDIR/none"
    echo "$name: $output"
    [ "$status" -eq 2 ]
    [ "${lines[0]}" = "$name.sh: no directory $BATS_TEST_TMPDIR/none" ]
    run "$GA_SOURCE/bench/$name.sh" "$BATS_TEST_TMPDIR/bin"
    [ "$status" -eq 2 ]
    [[ ${lines[0]} == "$name.sh: no program "*" in $BATS_TEST_TMPDIR/bin; make benches builds all of them into build/release/bin" ]]
  done
  for program in ipop-dhcp lease_flood; do install -m 755 /dev/null "$BATS_TEST_TMPDIR/bin/$program"; done
  run "$GA_SOURCE/bench/leases.sh" "$BATS_TEST_TMPDIR/bin" --kills none
  [ "$status" -eq 2 ]
  [ "${lines[0]}" = "leases.sh: wrong option or value: --kills none" ]
}
