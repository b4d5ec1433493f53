#!/usr/bin/env bats
# What all programs say of a command line that is wrong: one line, what is wrong and what would be right.

bats_require_minimum_version 1.5.0

refused() { # COMMAND...: status 2 and one line
  run "$GA_BIN/$1" "${@:2}"
  echo "$*: $status $output"
  [ "$status" -eq 2 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == "$1: "*"; see \`$1"* ]]
}
programs() { (cd "$GA_SOURCE/tools" && for it in */; do echo "${it%/}"; done); }

@test "an option given twice is said in words, by every program" {
  local program
  for program in $(programs); do
    [ "$program" != ipop-node ] || continue
    refused "$program" --color never --color never
    [[ $output == *"--color is given more than once; give one value"* ]]
  done
  refused ipop-node --group a --group b
  [[ $output == *"--group is given more than once"* ]]
  refused ipop-node --tap a --tap b
  [[ $output == *"--tap is given more than once"* ]]
  refused ipop-ctl ping --count 1 -c 2 other
  [[ $output == *"--count is given more than once"* ]]
}

@test "a value for an option that takes none is said in words" {
  refused ipop-node --no-tap=maybe
  [[ $output == *'--no-tap takes no value such as "maybe"'* ]]
  refused ipop-ctl --json=maybe status
  [[ $output == *'--json takes no value such as "maybe"'* ]]
}

@test "a number that can't be is answered with those that can, and with no other spelling" {
  local program verb option value
  while IFS=' |' read -r program option verb; do
    for value in x -1 99999999999999999999 1.5; do
      # shellcheck disable=SC2086  # a verb in words
      refused "$program" $verb "$option=$value"
      [[ $output == *"$option: \"$value\" is not a number from "*" to "* ]]
      [[ $output != *"did you mean"* ]]
    done
  done <<'NUMBERS'
ga-appliance --memory start
ga-appliance --processors start
ga-cert --port authority serve
ga-cert --uses token new
ga-cert --passphrase-fd list
ga-condorcfg --jobs validate
ga-group --port new
ga-layer --number release
ga-layer --level release
ga-pingtest --rate run
ga-pingtest --limit run
ga-pingtest --worst report
ga-pingtest --port report
ga-pingtest --port serve
ga-simplenode --jobs status
ga-simplenode --port install
ga-simplenode --at-once upgrade
ga-update --boots apply
ga-update --share apply
ipop-ctl --limit members
ipop-ctl --count ping
ipop-dhcp --limit list
NUMBERS
  for value in 16 -1 3 x; do
    refused ipop-node "--workers=$value"
    [[ $output == *"--workers: \"$value\" is not 0, 1, 2, 4 or 8; see"* ]]
  done
}

@test "a time that is none is named, with how one is written" {
  refused ipop-ctl --timeout soon status
  [[ $output == *'--timeout: "soon" is not a duration such as 90s, 5min, 12h or 7d'* ]]
  refused ga-update apply --within soon
  [[ $output == *'--within: "soon" is not a duration'* ]]
  refused ga-update apply --at soon
  [[ $output == *'--at: "soon" is not a time such as 02:30'* ]]
}
