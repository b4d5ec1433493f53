#!/usr/bin/env bats
# A value that is refused is not repeated at length, wherever it came from: a person has to see what is wrong with it.

bats_require_minimum_version 1.5.0

setup() {
  DIR=$BATS_TEST_TMPDIR
  LONG=$(printf 'x%.0s' {1..50000})
}

# refuses COMMAND...: what it says is short, and no success
refuses() {
  run "$GA_BIN/$1" "${@:2}"
  echo "$1 ${2:0:40} ...: status $status, ${#output} octets"
  [ "$status" -ne 0 ]
  [ "${#output}" -gt 0 ]
  # Of the value itself, and without the commands that are to be typed next, which need it whole.
  local said
  said=$(grep -v '^  next: ' <<<"$output")
  [ "${#said}" -lt 900 ]
}

@test "of a long value on the command line no more than its beginning is repeated" {
  for program in ga ga-cert ga-condorcfg ga-firewall ga-group ga-layer ga-appliance ga-simplenode ga-update ga-pingtest ipop-ctl ipop-dhcp ipop-dns ipop-node; do
    refuses "$program" "$LONG"
    refuses "$program" "--$LONG"
    refuses "$program" help "$LONG"
  done
  refuses ga --group "$LONG" status
  refuses ga-cert accept "$LONG"
  refuses ga-cert --dir "$DIR/none" revoke "$LONG"
  refuses ga-firewall --dir "$DIR" apply --role "$LONG"
  refuses ga-group --dir "$DIR" new "$LONG"
  refuses ga-group --dir "$DIR" new lab --port "$LONG"
  refuses ga-group --dir "$DIR" new lab --prefix "$LONG"
  refuses ga-group --dir "$DIR" new lab --domain "$LONG"
  refuses ga-group --dir "$DIR" new lab --bootstrap "$LONG"
  refuses ga-group --dir "$DIR" join "$LONG"
  refuses ga-group --dir "$DIR" token "$LONG"
  refuses ga-layer --store "$DIR" import "$LONG"
  refuses ga-pingtest --socket "$DIR/none" run --every "$LONG"
  refuses ga-update --store "$DIR" apply "$LONG"
  refuses ga-update --store "$DIR" apply x --at "$LONG"
  refuses ga-update --store "$DIR" apply x --want "$LONG"
  refuses ipop-ctl --socket "$DIR/none" why "$LONG"
  refuses ipop-ctl --group "$LONG" status
  refuses ipop-dhcp --group "$LONG" show
  refuses ipop-dns --socket "$DIR/none" lookup "$LONG"
  refuses ipop-node --group "$LONG"
  refuses ipop-node --mtu "$LONG"
}

@test "of a long value in a file no more than its beginning is repeated" {
  whole='name = "lab"
namespace = "long-values"
bootstrap = []'
  for key in name namespace prefix domain addresses dhcp_server unknown; do
    { grep -v "^$key = " <<<"$whole"; echo "$key = \"$LONG\""; } >"$DIR/lab.toml"
    refuses ga-group check "$DIR/lab.toml"
    refuses ipop-node --group "$DIR/lab.toml" config check
    refuses ga-group --dir "$DIR" list
  done
  { grep -v '^bootstrap' <<<"$whole"; echo "bootstrap = [\"$LONG\"]"; } >"$DIR/lab.toml"
  refuses ga-group check "$DIR/lab.toml"
  { echo "$whole"; echo "$LONG = 1"; } >"$DIR/lab.toml"
  refuses ga-group check "$DIR/lab.toml"
  echo "$whole" >"$DIR/lab.toml"
  for line in "tap = \"$LONG\"" "log_level = \"$LONG\"" "mtu = \"$LONG\"" "$LONG = 1" "$LONG"; do
    echo "$line" >"$DIR/node.toml"
    refuses ipop-node --group "$DIR/lab.toml" --config "$DIR/node.toml" config check
  done
  for line in "roles = [\"$LONG\"]" "policy = \"$LONG\"" "manager = \"$LONG\"" "pool = \"$LONG\"" "group = \"$LONG\"" "$LONG = 1"; do
    { [[ $line == roles* ]] || echo 'roles = ["worker"]'; echo "$line"; } >"$DIR/pool.toml"
    refuses ga-condorcfg --dir "$DIR" --file "$DIR/pool.toml" show
  done
  mkdir "$DIR/firewall"
  for line in "role = \"$LONG\"" "port = \"$LONG\"" "allow = [\"$LONG\"]" "job_user = [\"$LONG\"]" "$LONG = 1"; do
    { [[ $line == role* ]] || echo 'role = "worker"'; echo "$line"; } >"$DIR/firewall/settings.toml"
    refuses ga-firewall --dir "$DIR" status
  done
}
