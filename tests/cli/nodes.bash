# Real nodes for the tests of the command line: without a TAP, on this machine's own addresses.
load within

# make_group: writes $DIR/lab.toml, a group of its own for every test.
make_group() {
  DIR=$BATS_TEST_TMPDIR
  printf 'name = "lab"\nnamespace = "bats-%s-%s"\nbootstrap = [%s]\n' "$$" "$BATS_TEST_NUMBER" "${1:-}" >"$DIR/lab.toml"
}

# start_node NAME [OPTION...]: a node with its state in $DIR/NAME; returns when it answers.
start_node() {
  local name=$1
  shift
  "$GA_BIN/ipop-node" --group "$DIR/lab.toml" --no-tap --no-lan-discovery --state-dir "$DIR/$name" \
    --socket "$DIR/$name.sock" "$@" 2>"$DIR/$name.log" 3>&- &
  NODE_PIDS+=("$!")
  answers_or_ended() { "$GA_BIN/ipop-ctl" --socket "$DIR/$name.sock" status || ! kill -0 "${NODE_PIDS[-1]}"; }
  within answers_or_ended
  kill -0 "${NODE_PIDS[-1]}" 2>/dev/null || { cat "$DIR/$name.log"; return 1; }
}

stop_nodes() {
  local pid
  for pid in "${NODE_PIDS[@]}"; do kill "$pid" 2>/dev/null; done
  for pid in "${NODE_PIDS[@]}"; do wait "$pid" 2>/dev/null; done
  NODE_PIDS=()
}
NODE_PIDS=()
