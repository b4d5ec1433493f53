#!/usr/bin/env bats
# What a script sees of ga-pingtest. Pings over a virtual network: tests/netns/pingtest.sh.

load nodes

setup() { make_group; }
teardown() { stop_nodes; }

pingtest() { "$GA_BIN/ga-pingtest" "$@"; }

# an_id NUMBER: a node id.
an_id() { printf 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%s' "$(cut -c "$1" <<<abcdefgh)"; }

# a_line FROM TO HOUR RECEIVED [REASON]: a line of a log; members are numbers from 1 to 8.
a_line() {
  local times='-\t-\t-'
  (($4 == 0)) || times='900\t1000\t1100'
  printf "ping/1\t2026-11-22T%02d:00:00Z\t%s\t10.128.0.%d\tm%d\t%s\t10.128.0.%d\tm%d\t3\t%d\t$times\tdirect\t%s\n" \
    "$3" "$(an_id "$1")" "$1" "$1" "$(an_id "$2")" "$2" "$2" "$4" "${5:--}"
}

# a_log: three members; 3 never reaches 1.
a_log() {
  local hour
  for hour in 0 12; do
    a_line 1 2 $hour 3
    a_line 1 3 $hour 2
    a_line 2 1 $hour 3
    a_line 2 3 $hour 3
    a_line 3 1 $hour 0 "no way through"
    a_line 3 2 $hour $((hour ? 1 : 3))
  done
}

@test "without a verb, or with a wrong option, the exit status is 2 and one line says why" {
  for words in "" "--bogus" "run --rate 0" "run --wait 11min" "run --spread soon" "report --port 70000" "rnu"; do
    # shellcheck disable=SC2086
    run pingtest $words
    [ "$status" -eq 2 ]
    [ "${#lines[@]}" -eq 1 ]
  done
  [[ ${lines[0]} == *run* ]]
}

@test "a node that does not run is exit status 3" {
  for verb in run serve "report --collect"; do
    # shellcheck disable=SC2086
    run pingtest --socket "$DIR/none.sock" --log "$DIR/log" --timeout 1s $verb
    [ "$status" -eq 3 ]
    [[ $output == *none.sock* ]]
  done
}

@test "a node without a virtual network has nothing to ping from" {
  start_node a
  run pingtest --socket "$DIR/a.sock" --log "$DIR/log" run
  [ "$status" -eq 1 ]
  [[ ${lines[0]} == *--no-tap* ]]
  [ ! -s "$DIR/log" ]
}

@test "the table of the report: runs by loss, and pairs that are lost in every run; exit status 1 then" {
  a_log >"$DIR/lab.log"
  run pingtest report "$DIR/lab.log"
  [ "$status" -eq 1 ]
  diff - <(sed -n '1,10p' <<<"$output") <<TABLE
2026-11-22T00:00:00Z to 2026-11-22T12:00:00Z, 3 members, 6 pairs

TYPE                     OCCURRENCE  % OF TOTAL
Runs                             12       100 %
0 % loss                          7     58.33 %
33 % loss                         2     16.67 %
66 % loss                         1      8.33 %
100 % loss                        2     16.67 %
Pairs lost in every run           1     16.67 %

TABLE
  [[ $output == *"m3 (10.128.0.3)  m1 (10.128.0.1)     2    100 %       -  direct  no way through"* ]]
  [[ $output == *"next: on the machine m3: ipop-ctl why 10.128.0.1"* ]]
}

@test "a report in which no pair is lost throughout is exit status 0" {
  a_log | grep -v "no way through" >"$DIR/lab.log"
  run pingtest report "$DIR/lab.log" --worst 0
  [ "$status" -eq 0 ]
}

@test "the report is JSON with a schema, and plain columns" {
  a_log >"$DIR/lab.log"
  run pingtest report "$DIR/lab.log" --json
  [ "$status" -eq 1 ]
  jq -e '.schema == "ga-pingtest.report/1" and .runs == 12 and .loss_100 == 2 and .pairs_lost == 1' <<<"$output"
  jq -e '.worst[0] | .from.name == "m3" and .to.name == "m1" and .lost_throughout and .reason == "no way through"' \
    <<<"$output"
  run pingtest report "$DIR/lab.log" --plain
  [ "${lines[0]}" = $'runs\t12\t12' ]
  [ "${lines[5]}" = $'pairs_lost\t1\t6' ]
  [ "${lines[6]}" = "pair"$'\t'"$(an_id 3)"$'\t'"$(an_id 1)"$'\t2\t6\t0\tdirect\tno way through' ]
}

@test "logs come from files, directories and stdin; what is there twice counts once" {
  mkdir "$DIR/logs"
  a_line 1 2 0 3 >"$DIR/logs/one.log.1"
  a_line 1 2 1 3 >"$DIR/logs/one.log"
  a_line 2 1 1 3 >"$DIR/logs/two.log"
  echo other >"$DIR/logs/readme.txt"
  [ "$(a_line 2 1 2 3 | pingtest report "$DIR/logs" "$DIR/logs/two.log" - --json | jq -r '"\(.runs) \(.lines_dropped)"')" \
    = "4 0" ]
  [ "$(pingtest --log "$DIR/logs/one.log" report --json | jq .runs)" = 2 ]
  [ "$(pingtest report <(cat "$DIR/logs/one.log") --json | jq .runs)" = 1 ]
}

@test "S16: lines that are none are left out and counted, and nothing of them reaches the terminal" {
  { a_line 1 2 0 3; printf 'ping/1\t\e[31mred\n\e]0;title\a\n'; a_line 1 2 1 3 | sed 's/m2/<m>/'; } >"$DIR/lab.log"
  run pingtest report "$DIR/lab.log"
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == *"3 lines of logs were left out"* ]]
  [[ $output != *$'\e'* ]]
  run pingtest report "$DIR/lab.log" --svg -
  [[ $output != *'<m>'* ]]
}

@test "the picture is well-formed, and its name is what --svg says" {
  a_log >"$DIR/lab.log"
  run pingtest report "$DIR/lab.log" --svg "$DIR/pairs.svg"
  [ "$status" -eq 1 ]
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$DIR/pairs.svg"
  grep -q "m3 (10.128.0.3) to m1 (10.128.0.1): 2 runs, lost in every run, direct: no way through" "$DIR/pairs.svg"
  diff "$DIR/pairs.svg" <(pingtest report "$DIR/lab.log" --svg -)
  run pingtest report "$DIR/lab.log" --svg "$DIR/none/pairs.svg"
  [ "$status" -eq 1 ]
  [[ $output == *none/pairs.svg* ]]
}

@test "a log that is missing or empty is exit status 1 with one line; one of several that is missing is 7" {
  run pingtest report "$DIR/none.log"
  [ "$status" -eq 1 ]
  [[ $output == *none.log* ]]
  : >"$DIR/empty.log"
  run pingtest report "$DIR/empty.log"
  [ "$status" -eq 1 ]
  [[ ${lines[1]} == *"ga-pingtest run"* ]]
  a_line 1 2 0 3 >"$DIR/lab.log"
  run pingtest report "$DIR/none.log" "$DIR/lab.log"
  [ "$status" -eq 7 ]
}

@test "runs before --since are left out" {
  a_line 1 2 0 0 | sed 's/2026/2007/' >"$DIR/lab.log"
  run pingtest report "$DIR/lab.log" --since 7d
  [ "$status" -eq 1 ]
  [[ ${lines[0]} == *"no run"* ]]
}

@test "results that can't be written are exit status 1, with a message" {
  a_line 1 2 0 3 >"$DIR/lab.log"
  # shellcheck disable=SC2016
  run bash -c '"$1" report "$2" >/dev/full' - "$GA_BIN/ga-pingtest" "$DIR/lab.log"
  [ "$status" -eq 1 ]
  [[ $output == *"No space left"* ]]
}

@test "the units and the cron entry are whole" {
  for unit in ga-pingtest@.service ga-pingtest@.timer ga-pingtest-serve@.service; do
    file=$GA_SOURCE/packaging/$unit.in
    grep -q '^Documentation=man:ga-pingtest(1)$' "$file"
  done
  grep -q '^RandomizedDelaySec=1h$' "$GA_SOURCE/packaging/ga-pingtest@.timer.in"
  grep -q 'run --spread 1h ' "$GA_SOURCE/packaging/ga-pingtest.cron.in"
  sed -n 's/^0 .* root //p' "$GA_SOURCE/packaging/ga-pingtest.cron.in" | sh -n
}

@test "completions are what the program prints, and every option stands in the man page" {
  for shell in bash:ga-pingtest.bash zsh:_ga-pingtest fish:ga-pingtest.fish; do
    diff <(pingtest --completion "${shell%%:*}") "$GA_SOURCE/completions/${shell#*:}"
  done
  bash -n "$GA_SOURCE/completions/ga-pingtest.bash"
  page=$(sed 's/\\-/-/g' "$GA_SOURCE/man/ga-pingtest.1")
  for verb in "" run report serve; do
    for option in $(pingtest $verb --help | grep -oE '^ +(-h,)?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
      [[ $page == *"$option"* ]] || { echo "man page lacks $option"; return 1; }
    done
  done
}
