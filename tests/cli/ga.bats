#!/usr/bin/env bats
# What a script sees of ga. The faults that its doctor finds are in tests/netns/doctor.sh.

bats_require_minimum_version 1.5.0
load nodes

setup() {
  make_group
  mkdir -p "$DIR/etc"
}
teardown() { stop_nodes; }

ga() { "$GA_BIN/ga" --dir "$DIR/etc" --socket "$DIR/a.sock" --state-dir "$DIR/a" "$@"; }

@test "without a verb it is status; a wrong one ends with 2, and one line says why" {
  run ga
  [ "$status" -eq 3 ]
  [[ $output == *"next: ga-group join TOKEN"* ]]
  [ "$output" = "$(ga status)" ]
  run "$GA_BIN/ga" statsu
  [ "$status" -eq 2 ]
  [[ ${lines[0]} == *'did you mean "status"'* || ${lines[0]} == *status* ]]
  run ga --group 'No Group' status
  [ "$status" -eq 2 ]
}

@test "a machine in no group: status 3, and the next thing to do" {
  run ga status
  [ "$status" -eq 3 ]
  [[ $output == *"next: ga-group join TOKEN"* ]]
  run ga doctor
  [ "$status" -eq 3 ]
  run --separate-stderr ga status --json
  [ "$status" -eq 3 ]
  jq -e '.schema == "ga.status/1" and .groups == []' <<<"$output"
}

@test "a node that runs alone is good, in all three forms" {
  start_node a
  cp "$DIR"/*.toml "$DIR/etc/lab.toml"
  run ga --group lab status
  [ "$status" -eq 0 ]
  [[ $output == *"alone: waiting for others"* ]]
  ga --group lab status --json | jq -e '.groups[0] | .group == "lab" and .running and .verdict == "good"'
  ga --group lab doctor --outside none --json | jq -e '.schema == "ga.doctor/1" and (.groups[0].findings | length) > 3'
  [ "$(ga --group lab status --plain | cut -f1,2)" = $'lab\tgood' ]
}

@test "a node whose program was replaced is said to need a restart" {
  cp "$GA_BIN/ipop-node" "$DIR/ipop-node"
  cp "$DIR/lab.toml" "$DIR/etc/lab.toml"
  "$DIR/ipop-node" --group "$DIR/lab.toml" --no-tap --no-lan-discovery --state-dir "$DIR/a" --socket "$DIR/a.sock" \
    2>"$DIR/a.log" 3>&- &
  NODE_PIDS+=("$!")
  for _ in {1..100}; do "$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" status >/dev/null 2>&1 && break; sleep 0.1; done
  run --separate-stderr "$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" status
  [ -z "$stderr" ]
  rm "$DIR/ipop-node"
  run --separate-stderr "$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" status
  [ "$status" -eq 0 ]
  [[ $stderr == *"was replaced since it started"* ]]
  ga --group lab doctor --outside none --plain | grep -q $'\tnode\tnote\t.*replaced'
}

@test "status --watch draws again when the node goes away, and ends with a signal" {
  start_node a
  cp "$DIR"/*.toml "$DIR/etc/lab.toml"
  "$GA_BIN/ga" --dir "$DIR/etc" --socket "$DIR/a.sock" --state-dir "$DIR/a" --group lab status --watch --plain \
    >"$DIR/screens" 3>&- &
  local watcher=$!
  within grep -q good "$DIR/screens"
  "$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" stop
  within grep -q off "$DIR/screens"
  kill -TERM "$watcher"
  wait "$watcher" || [ $? -eq 3 ]
}

@test "bugreport: nothing secret, and no file without somebody who agrees" {
  start_node a
  cp "$DIR"/*.toml "$DIR/etc/lab.toml"
  run ga --group lab bugreport --output "$DIR/report"
  [ "$status" -eq 2 ]
  [ ! -e "$DIR/report" ]
  ga --group lab bugreport --output "$DIR/report" --yes >"$DIR/shown"
  diff "$DIR/report" "$DIR/shown"
  namespace=$(sed -n 's/^namespace = "\(.*\)"/\1/p' "$DIR/etc/lab.toml")
  [ -n "$namespace" ]
  run ! grep -q "$namespace" "$DIR/report"
  # What init scripts have services write is in it, where there is such a machine (netns/init_scripts).
}

@test "completions in the tree are those that the program prints" {
  for shell in bash zsh fish; do
    case $shell in zsh) file=_ga ;; *) file=ga.$shell ;; esac
    diff "$BATS_TEST_DIRNAME/../../completions/$file" <("$GA_BIN/ga" --completion "$shell")
  done
}
