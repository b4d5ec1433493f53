#!/usr/bin/env bats
# What an administrator, a script and a SOAP client see of ipop-dhcp.

bats_require_minimum_version 1.5.0

load within

setup() {
  DIR=$BATS_TEST_TMPDIR
  mkdir -p "$DIR/etc"
  printf 'name = "lab"\nnamespace = "lab-abcdefgh"\nprefix = "10.9.8.0/24"\n' >"$DIR/etc/lab.toml"
  server=
  follower=
  unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
}
teardown() {
  [ -z "$server" ] || stop_server
  [ -z "$follower" ] || kill "$follower" 2>/dev/null || true
  # Whoever still has a file open there keeps it from nobody else.
  for mounted in book folder alone/leases.db; do
    ! mountpoint -q "$DIR/$mounted" || umount --lazy "$DIR/$mounted"
  done
}

dhcp() { "$GA_BIN/ipop-dhcp" --directory "$DIR/book" --groups "$DIR/etc" --states "$DIR/state" "$@"; }

# In the background: the program itself has the process id, so that it is what a signal reaches.
as_process() { exec "$GA_BIN/ipop-dhcp" --directory "$DIR/book" --groups "$DIR/etc" --states "$DIR/state" "$@"; }

# listening_or_ended LOG - the server has said that it listens, or is gone.
listening_or_ended() { grep -q listening "$1" || ! kill -0 "$server" 2>/dev/null; }

# serve [OPTIONS] - starts a server on a port of its own: $server, $port.
serve() {
  local try
  for ((try = 0; try < 20; try++)); do
    port=$((RANDOM % 20000 + 20000))
    : >"$DIR/log"
    as_process serve --listen "127.0.0.1:$port" "$@" 2>"$DIR/log" >"$DIR/out" &
    server=$!
    within listening_or_ended "$DIR/log"
    grep -q listening "$DIR/log" && return
    grep -q 'in use' "$DIR/log" || { cat "$DIR/log" >&2; return 1; }
  done
  return 1
}
stop_server() {
  kill "$server" 2>/dev/null || true
  wait "$server" || true
  server=
}
# members NODES SECONDS - that many members ask for addresses.
members() { "$GA_BIN/lease_flood" "$port" lab-abcdefgh "$1" 0 "$2" 4 "$DIR/told" >"$DIR/load"; }
# The three columns of what members were told are in the book, and nobody shares an address.
told_is_kept() {
  cut -f1,2 "$DIR/told" | sort -u >"$DIR/pairs"
  [ -s "$DIR/pairs" ]
  [ -z "$(cut -f2 "$DIR/pairs" | uniq -D)" ]
  [ -z "$(cut -f2 "$DIR/pairs" | sort | uniq -d)" ]
  dhcp list --all --plain --limit 100000 | awk -F'\t' '{ print $4 "\t" $1 }' | sort >"$DIR/kept"
  [ -z "$(comm -23 "$DIR/pairs" "$DIR/kept")" ]
}
soap() { # soap OPERATION ELEMENTS...
  local operation=$1
  shift
  curl -sS --max-time 10 -H 'Content-Type: text/xml' --data-binary @- "http://127.0.0.1:$port/" <<<"<e:Envelope
    xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><$operation xmlns='urn:ipop:lease-server:1'>$*</$operation
    ></e:Body></e:Envelope>"
}

@test "a group is added from its file, shown, and changed while the server runs" {
  run dhcp list
  [ "$status" -eq 1 ]
  [[ $output == *"next: ipop-dhcp --directory $DIR/book --groups $DIR/etc --states $DIR/state config --group GROUP" ]]
  dhcp config --group lab --quota 1000 >/dev/null
  [ "$(stat -c %a "$DIR/book")" = 700 ]
  [ "$(stat -c %a "$DIR/book/leases.db")" = 600 ]
  [ "$(stat -c %a "$DIR/book/server.key")" = 600 ]
  serve
  members 4 1
  dhcp config --range 10.9.8.100-10.9.8.199 --exclude 10.9.8.150 --lease-time 1h --mtu 1300
  run dhcp config --json
  [ "$(jq -r .schema <<<"$output")" = ipop-dhcp.config/1 ]
  [ "$(jq -r .ranges,.excluded,.lease_seconds,.mtu,.leases <<<"$output" | paste -sd' ')" = \
    '10.9.8.100-10.9.8.199 10.9.8.150 3600 1300 4' ]
  # The same members come again, and are moved into the range.
  rm "$DIR/told"
  members 4 1
  told_is_kept
  run ! grep -vE '	10\.9\.8\.1[0-9][0-9]	' "$DIR/told"
}

@test "members get addresses; list, show, history, release and reserve say and do what they should" {
  dhcp config --group lab --quota 1000 >/dev/null
  run dhcp list
  [ "$status" -eq 1 ]
  serve
  members 8 1
  told_is_kept
  run dhcp list
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 9 ]
  read -r node address _ <"$DIR/told"
  [ "$(dhcp show "$address" --plain | cut -f4)" = "$node" ]
  [ "$(dhcp show "$node" --json | jq -r '.leases[0].address')" = "$address" ]
  run dhcp show 10.9.8.254
  [ "$status" -eq 1 ]
  # As tables show it.
  [ "$(dhcp show "${node:0:8}" --plain | cut -f4)" = "$node" ]
  run dhcp show "${node:0:7}"
  [ "$status" -eq 1 ]
  [ "$(dhcp history "$address" --plain | cut -f5)" = "$node" ]
  [ "$(dhcp history "$address" --at "$(date -u +%FT%TZ)" --plain | cut -f5)" = "$node" ]
  run dhcp history "$address" --at 2020-01-01T00:00:00Z
  [ "$status" -eq 1 ]
  dhcp release "$address"
  [ "$(dhcp show "$address" --json | jq -r '.leases[0].state')" = released ]
  run dhcp release "$address"
  [ "$status" -eq 1 ]
  run dhcp reserve 10.9.8.200 --node "$node" --note 'for the lesson'
  [ "$output" = "Reserved 10.9.8.200 for node $node." ]
  [ "$(dhcp reserve --plain)" = "10.9.8.200	node	$node	for the lesson" ]
  run dhcp reserve 10.9.8.200 --node "${node:0:8}"
  [ "$output" = "Reserved 10.9.8.200 for node $node." ]
  run dhcp reserve 10.9.8.201 --node aaaaaaaa
  [ "$status" -eq 2 ]
  dhcp reserve 10.9.8.200 --node "$node" --note 'for the lesson'
  run dhcp reserve 10.9.8.200 --name bob
  [ "$status" -eq 1 ]
  rm "$DIR/told"
  members 8 1
  [ "$(grep "^$node" "$DIR/told" | cut -f2 | sort -u)" = 10.9.8.200 ]
  run dhcp reserve 10.9.8.200 --end
  [ "$output" = '10.9.8.200 is no longer reserved.' ]
  [ -z "$(dhcp reserve --plain)" ]
}

@test "pages: a long list ends where it is told to, and says where to go on" {
  dhcp config --group lab --quota 1000 >/dev/null
  serve
  members 20 2
  dhcp list --plain --limit 15 >"$DIR/first" 2>"$DIR/talk"
  [ "$(wc -l <"$DIR/first")" -eq 15 ]
  # The line goes on with the same book and the same form.
  next=$(sed -n 's/^  next: ipop-dhcp //p' "$DIR/talk")
  [[ $next == "--directory $DIR/book "*"list --plain --limit 15 --after $(tail -n 1 "$DIR/first" | cut -f1)" ]]
  # shellcheck disable=SC2086 # words
  "$GA_BIN/ipop-dhcp" $next >"$DIR/second"
  [ "$(cat "$DIR/first" "$DIR/second" | cut -f1 | sort -u | wc -l)" -eq 20 ]
}

@test "what is exported as JSON and as CSV is imported as the same leases" {
  dhcp config --group lab --quota 1000 >/dev/null
  serve
  members 8 1
  stop_server
  dhcp export >"$DIR/leases.json"
  dhcp export --csv >"$DIR/leases.csv"
  for form in json csv; do
    other() { "$GA_BIN/ipop-dhcp" --directory "$DIR/$form" --groups "$DIR/etc" "$@"; }
    other config --group lab >/dev/null
    other import "$DIR/leases.$form" --dry-run
    run other list
    [ "$status" -eq 1 ]
    other import - <"$DIR/leases.$form"
    [ "$(other list --plain)" = "$(dhcp list --plain)" ]
  done
  # CSV without the column may be of any group.
  cut -d, -f1-8 "$DIR/leases.csv" >"$DIR/eight.csv"
  [ "$(dhcp import "$DIR/eight.csv" --dry-run 2>&1)" = 'Would import 8 leases.' ]
  printf address,node,user,host_name,source,granted,expires,released,group >"$DIR/none.csv"
  [ "$(dhcp import "$DIR/none.csv" 2>&1)" = 'Imported 0 leases.' ]
  # What is somebody else's here is named and left out.
  sed '2s/^\([^,]*\),[^,]*/\1,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/' "$DIR/leases.csv" >"$DIR/other.csv"
  run dhcp import "$DIR/other.csv"
  [ "$status" -eq 7 ]
  [[ $output == *'left out: 10.9.8.'*' is leased to '* ]]
}

@test "a broken import names file and line and changes nothing" {
  dhcp config --group lab >/dev/null
  title=address,node,user,host_name,source,granted,expires,released
  for bad in 'x' '{"schema":"ipop-dhcp.leases/2","leases":[]}' '{"schema":"ipop-dhcp.leases/1","leases":[1]}' \
    "$title"$'\n10.9.8.7,abc,,,,1,2,no' "$title"$'\n10.9.8.700,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,,,,1,2,no' \
    "$title"$'\n10.9.8.7,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,,,,1,2' "$title"$'\n"10.9.8.7' "$title,more" \
    "$title,group"$'\n10.9.8.7,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,,,,1,2,no'; do
    printf '%s\n' "$bad" >"$DIR/bad"
    run dhcp import "$DIR/bad"
    [ "$status" -eq 5 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "ipop-dhcp: $DIR/bad: "* ]]
  done
  run dhcp list
  [ "$status" -eq 1 ]
}

@test "JSON is read in a time that its length gives, and names the line in which it breaks" {
  dhcp config --group lab >/dev/null
  awk -v now="$(date +%s)" 'BEGIN {
    print "{\"schema\": \"ipop-dhcp.leases/1\", \"group\": \"lab\", \"leases\": ["
    for (i = 0; i < 60000; i++)
      printf "{\"address\": \"10.9.8.6\", \"node\": \"baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", \"granted\": %d, \"expires\": %d},\n", now, now + 60
    print "{\"address\" \"10.9.8.6\"}]}"
  }' >"$DIR/long.json"
  # Processor time, which other work on the machine hardly changes.
  spent() { # spent FILE: hundredths of a second
    local TIMEFORMAT=%U used
    used=$({ time dhcp import "$1" 2>"$DIR/talk"; } 2>&1) || true
    echo $((10#${used//./} / 10 + 1))
  }
  { head -n 3001 "$DIR/long.json" && tail -n 1 "$DIR/long.json"; } >"$DIR/short.json"
  short=$(spent "$DIR/short.json")
  grep -q 'short.json: line 3002: the JSON is broken' "$DIR/talk"
  long=$(spent "$DIR/long.json")
  grep -q 'long.json: line 60002: the JSON is broken' "$DIR/talk"
  # Twenty times as long.
  echo "$short $long"
  ((long < 60 * short))
}

@test "an import that no server of this group wrote names file and line and changes nothing" {
  dhcp config --group lab >/dev/null
  node=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  now=$(date +%s)
  title=address,node,user,host_name,source,granted,expires,released
  good="10.9.8.6,baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,,,,$now,$((now + 60)),no"
  lease() { # lease GRANTED EXPIRES SEQUENCE - JSON with it on line 3
    printf '{"schema": "ipop-dhcp.leases/1", "group": "%s", "leases": [
{"address": "10.9.8.6", "node": "baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "granted": %s, "expires": %s},
{"address": "10.9.8.7", "node": "%s", "granted": %s, "expires": %s, "sequence": %s}
]}' "${group-lab}" "$now" $((now + 60)) "$node" "$@"
  }
  refused() { # refused LINE TEXT - of what is in $DIR/bad
    run dhcp import "$DIR/bad"
    echo "$output"
    [ "$status" -eq 5 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "ipop-dhcp: $DIR/bad: line $1: "*"$2"* ]]
  }
  group=sea lease "$now" $((now + 60)) 1 >"$DIR/bad"
  refused 1 'leases of group sea, not of lab'
  printf '%s,group\n%s,lab\n%s,sea\n' "$title" "$good" "${good/10.9.8.6,b/10.9.8.7,c}" >"$DIR/bad"
  refused 3 'leases of group sea, not of lab'
  lease $((now + 7200)) $((now + 7300)) 1 >"$DIR/bad"
  refused 3 granted
  lease -5 $((now + 60)) 1 >"$DIR/bad"
  refused 3 granted
  lease "$now" "$now" 1 >"$DIR/bad"
  refused 3 'expires is not after granted'
  lease "$now" $((now + 200000)) 1 >"$DIR/bad"
  refused 3 'expires is more than 24 hours from now'
  lease "$now" 9223372036854775807 1 >"$DIR/bad"
  refused 3 'expires is more than 24 hours from now'
  lease "$now" $((now + 60)) $(((now + 7200) * 256)) >"$DIR/bad"
  refused 3 sequence
  lease "$now" $((now + 60)) -1 >"$DIR/bad"
  refused 3 sequence
  for row in "10.9.8.7,$node,,,,$now,$((now - 1)),no" "10.9.8.7,$node,$(printf 'a%.0s' {1..65}),,,$now,$((now + 60)),no" \
    "10.9.8.7,$node,$(printf 'a\033[2J'),,,$now,$((now + 60)),no" "10.9.8.7,$node,,,a b,$now,$((now + 60)),no" \
    "10.9.8.7,$node,,,$(printf 'a\007'),$now,$((now + 60)),no"; do
    printf '%s\n%s\n\n%s\n' "$title" "$good" "$row" >"$DIR/bad"
    refused 4 ''
  done
  run dhcp list
  [ "$status" -eq 1 ]
  lease "$now" $((now + 60)) $((now * 256)) | dhcp import -
  [ "$(dhcp list --plain | wc -l)" -eq 2 ]
}

@test "after an import from CSV the requests of before are old" {
  dhcp config --group lab >/dev/null 2>&1
  now=$(date +%s)
  printf 'address,node,user,host_name,source,granted,expires,released\n10.9.8.7,%s,,,,%s,%s,no\n' \
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "$now" $((now + 3600)) | dhcp import -
  sequence=$(dhcp export | jq '.leases[0].sequence')
  ((sequence / 256 > now - 700 && sequence / 256 <= now))
}

@test "S27: kill -9 in the midst of requests loses nothing and gives nothing twice" {
  dhcp config --group lab --quota 1000 >/dev/null
  serve
  "$GA_BIN/lease_flood" "$port" lab-abcdefgh 60 0 6 4 "$DIR/told" >"$DIR/load" &
  load=$!
  kills=0
  before=0
  # The members end by themselves after their time, and wait for no answer longer than 10 s.
  while kill -0 "$load" 2>/dev/null; do
    # Some were told something since the last time, so there is something to lose.
    told=$(wc -l <"$DIR/told" 2>/dev/null || echo 0)
    ((told > before)) || { sleep 0.02; continue; }
    before=$told
    kill -9 "$server"
    wait "$server" || true
    kills=$((kills + 1))
    # What a killed process had open may take a moment to go.
    for try in 1 2 3 4 5 6 7 8 9 10; do
      : >"$DIR/log"  # else the line of the one before may be read
      as_process serve --listen "127.0.0.1:$port" 2>"$DIR/log" >"$DIR/out" &
      server=$!
      within listening_or_ended "$DIR/log"
      ! grep -q listening "$DIR/log" || break
      wait "$server" || true
    done
    grep -q listening "$DIR/log" || { echo "try $try"; cat "$DIR/log"; false; }
  done
  wait "$load"
  [ "$kills" -ge 3 ]
  told_is_kept
  stop_server
  dhcp check
}

@test "S27: a full disk refuses everybody, and the server goes on when there is room" {
  [ "$(id -u)" -eq 0 ] || skip "a small file system needs root"
  mkdir "$DIR/book"
  mount -t tmpfs -o size=8m tmpfs "$DIR/book" || skip "no mount here"
  dhcp config --group lab --quota 1000 >/dev/null
  serve
  cat /dev/zero >"$DIR/book/ballast" 2>/dev/null || true
  members 100 2
  jq -e '.refused > 0' "$DIR/load"
  grep -q "can't write its book" "$DIR/log"
  rm "$DIR/book/ballast"
  members 8 1
  jq -e '.answered > 0 and .refused == 0' "$DIR/load"
  told_is_kept
}

@test "S27: a disk of 3 MB holds its book, and the journal beside it, however often members ask" {
  [ "$(id -u)" -eq 0 ] || skip "a small file system needs root"
  mkdir "$DIR/book"
  mount -t tmpfs -o size=3m tmpfs "$DIR/book" || skip "no mount here"
  dhcp config --group lab --quota 1000 >/dev/null
  serve
  # As many commits as fill the disk several times, if all of them stay in the journal.
  asked() { members 100 1 && answered=$((answered + $(jq .answered "$DIR/load"))) && ((answered >= 500)); }
  answered=0
  within asked
  run ! grep -q "can't write its book" "$DIR/log"
  told_is_kept
}

@test "S27: on a read-only disk no server starts, it says why, and the book is as it was" {
  [ "$(id -u)" -eq 0 ] || skip "a small file system needs root"
  mkdir "$DIR/book"
  mount -t tmpfs -o size=8m tmpfs "$DIR/book" || skip "no mount here"
  dhcp config --group lab --quota 1000 >/dev/null
  serve
  members 8 1
  stop_server
  list=$(dhcp list --plain)
  mount -o remount,ro "$DIR/book"
  [ "$(dhcp list --plain)" = "$list" ]
  [ "$(dhcp show "$(cut -f1 <<<"$list" | head -n 1)" --plain)" = "$(head -n 1 <<<"$list")" ]
  [ "$(dhcp export | jq '.leases | length')" -eq "$(wc -l <<<"$list")" ]
  dhcp history "$(cut -f1 <<<"$list" | head -n 1)"
  dhcp check
  [ "$(dhcp config --json | jq .leases)" -eq "$(wc -l <<<"$list")" ]
  dhcp export >"$DIR/leases.json"
  for change in serve 'config --quota 7' 'config --group sea' 'reserve 10.9.8.9 --name bob' promote \
    "import $DIR/leases.json" "release $(head -n 1 <<<"$list" | cut -f1)" 'follow http://127.0.0.1:9/ --once'; do
    # shellcheck disable=SC2086 # words
    run dhcp $change
    echo "$change: $output"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "ipop-dhcp: $DIR/book/leases.db: "*'Read-only file system' ]]
  done
  mount -o remount,rw "$DIR/book"
  serve
  members 8 1
  told_is_kept
}

@test "S27: a damaged book is refused with what to do, and rebuilt from what was exported" {
  dhcp config --group lab --quota 1000 >/dev/null
  serve
  members 8 1
  stop_server
  dhcp export >"$DIR/leases.json"
  printf 'this is no database, whatever it was before%.0s' {1..200} >"$DIR/book/leases.db"
  rm -f "$DIR"/book/leases.db-*
  run dhcp serve
  [ "$status" -eq 5 ]
  [[ ${lines[0]} == *'leases.db: '* ]]
  [[ ${lines[1]} == '  next: '*'import --from-dht'* ]]
  rm "$DIR/book/leases.db"
  dhcp config --group lab --quota 1000 >/dev/null
  dhcp import "$DIR/leases.json"
  serve
  members 8 1
  told_is_kept
}

@test "the description is WSDL, and curl is answered in SOAP" {
  dhcp config --group lab >/dev/null
  serve
  curl -sS --max-time 10 "http://127.0.0.1:$port/?wsdl" >"$DIR/wsdl"
  grep -q "<soap:address location=\"http://127.0.0.1:$port/\"" "$DIR/wsdl"
  answer=$(soap Obtain '<Group>lab-abcdefgh</Group><Node>printer</Node>')
  [[ $answer == *'<faultcode>soap:Client</faultcode>'*'signed requests only'*'not_authorized'* ]]
  dhcp config --unsigned yes >/dev/null
  # 127.0.0.1 is no address of the virtual network.
  answer=$(soap Obtain '<Group>lab-abcdefgh</Group><Node>printer</Node>')
  [[ $answer == *'virtual network only'* ]]
  answer=$(soap Obtain '<Group>other</Group><Node>printer</Node>')
  [[ $answer == *not_found* ]]
  [ "$(curl -sS -o "$DIR/none" -w '%{http_code}' "http://127.0.0.1:$port/nowhere")" = 404 ]
  [ "$(curl -sS -o "$DIR/none" -w '%{http_code}' "http://127.0.0.1:$port/")" = 405 ]
  run dhcp list
  [ "$status" -eq 1 ]
}

@test "an unsigned client of the virtual network is known by its address, and touches nobody else's lease" {
  [ "$(id -u)" -eq 0 ] || skip "a network namespace needs root"
  dhcp config --group lab --unsigned yes --quota 2 >/dev/null
  ns=dhcp-$$-$RANDOM
  ip netns add "$ns"
  ip -n "$ns" link set lo up
  ip -n "$ns" address add 10.9.8.2/24 dev lo
  ip -n "$ns" address add 10.9.8.3/24 dev lo
  port=8067
  ip netns exec "$ns" "$GA_BIN/ipop-dhcp" --directory "$DIR/book" --groups "$DIR/etc" serve 2>"$DIR/log" &
  server=$!
  within listening_or_ended "$DIR/log"
  grep -q listening "$DIR/log"
  from() { # from SOURCE OPERATION NODE
    ip netns exec "$ns" curl -sS --max-time 10 --interface "$1" -H 'Content-Type: text/xml' \
      --data-binary "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><$2
        xmlns='urn:ipop:lease-server:1'><Group>lab-abcdefgh</Group><Node>$3</Node></$2></e:Body></e:Envelope>" \
      "http://10.9.8.2:8067/"
  }
  first=$(from 10.9.8.3 Obtain printer)
  other=$(from 10.9.8.2 Release printer)
  again=$(from 10.9.8.3 Renew printer)
  from 10.9.8.3 Obtain second >"$DIR/second"
  third=$(from 10.9.8.3 Obtain third)
  stop_server
  ip netns del "$ns"
  [[ $first == *'<Address>10.9.8.'*'<Mask>255.255.255.0</Mask>'*'<LeaseSeconds>86400</LeaseSeconds>'*'<Domain>ipop</Domain><Mtu>1400</Mtu>'* ]]
  [[ $first != *Grant* ]]
  [[ $other == *not_found* ]]
  [ "$(grep -o '<Address>[^<]*' <<<"$first")" = "$(grep -o '<Address>[^<]*' <<<"$again")" ]
  [[ $third == *exhausted* ]]
}

@test "a second server follows the first one, gives out nothing, and takes over when it is promoted" {
  dhcp config --group lab --quota 1000 >/dev/null
  serve
  members 8 1
  second() { "$GA_BIN/ipop-dhcp" --directory "$DIR/second" --groups "$DIR/etc" "$@"; }
  run second follow "http://127.0.0.1:$port/" --once
  [ "$status" -eq 4 ]
  [[ ${lines[1]} == *'next: on the first server: echo '*followers ]]
  sed -n 's/.*echo \([0-9a-f]*\) .*/\1/p' <<<"${lines[1]}" >"$DIR/book/followers"
  second follow "http://127.0.0.1:$port/" --once
  [ "$(second list --plain)" = "$(dhcp list --plain)" ]
  members 12 1
  second follow "http://127.0.0.1:$port/" --once
  [ "$(second list --plain --limit 1000)" = "$(dhcp list --plain --limit 1000)" ]
  stop_server
  "$GA_BIN/ipop-dhcp" --directory "$DIR/second" --groups "$DIR/etc" serve --listen "127.0.0.1:$port" 2>"$DIR/log2" &
  server=$!
  within listening_or_ended "$DIR/log2"
  grep -q listening "$DIR/log2"
  members 4 1
  jq -e '.answered == 0 and .refused > 0' "$DIR/load"
  second promote
  members 12 1
  jq -e '.answered > 0 and .refused == 0' "$DIR/load"
  cut -f1,2 "$DIR/told" | sort -u | cut -f2 | sort | uniq -d >"$DIR/double"
  [ ! -s "$DIR/double" ]
  [ "$(second config --json | jq .follower)" = false ]
}

@test "whoever follows and is promoted meanwhile says so and ends" {
  dhcp config --group lab --quota 1000 >/dev/null
  serve
  second() { "$GA_BIN/ipop-dhcp" --directory "$DIR/second" --groups "$DIR/etc" "$@"; }
  run second follow "http://127.0.0.1:$port/" --once
  sed -n 's/.*echo \([0-9a-f]*\) .*/\1/p' <<<"${lines[1]}" >"$DIR/book/followers"
  "$GA_BIN/ipop-dhcp" --directory "$DIR/second" --groups "$DIR/etc" follow "http://127.0.0.1:$port/" 2>"$DIR/follow" 3>&- &
  follower=$!
  follows() { [ "$(second config --json | jq .quota)" = 1000 ]; }
  within follows
  second promote
  # The next change is not its own any more.
  dhcp reserve 10.9.8.9 --name bob
  wait "$follower"
  follower=
  grep -q 'was promoted, and follows no more' "$DIR/follow"
  [ -z "$(second reserve --plain)" ]
}

@test "a server takes over nothing from a first one whose key it could not keep" {
  command -v strace >/dev/null || skip "strace is not installed"
  dhcp config --group lab --quota 1000 >/dev/null
  serve
  second() { "$GA_BIN/ipop-dhcp" --directory "$DIR/second" --groups "$DIR/etc" "$@"; }
  run second follow "http://127.0.0.1:$port/" --once
  sed -n 's/.*echo \([0-9a-f]*\) .*/\1/p' <<<"${lines[1]}" >"$DIR/book/followers"
  # -D: what runs in the background is the server, which ends with the test.
  ASAN_OPTIONS=detect_leaks=0 strace -D -f -qq -o /dev/null -e trace=rename -e inject=rename:error=ENOSPC:when=1 \
    "$GA_BIN/ipop-dhcp" --directory "$DIR/second" --groups "$DIR/etc" follow "http://127.0.0.1:$port/" 2>"$DIR/follow" 3>&- &
  follower=$!
  follows() { [ "$(second config --json | jq .quota)" = 1000 ]; }
  within follows
  grep -q "No space left on device" "$DIR/follow"
  [ "$(cat "$DIR/second/first")" = "$(dhcp config --json | jq -r .key)" ]
  [ "$(grep -c "Following the server" "$DIR/follow")" -eq 1 ]
}

@test "S27: a server follows the one that it knows, and no other that answers in its place" {
  dhcp config --group lab --quota 1000 >/dev/null
  key=$(dhcp config --json | jq -r .key)
  serve
  second() { "$GA_BIN/ipop-dhcp" --directory "$DIR/second" --groups "$DIR/etc" "$@"; }
  run second follow "http://127.0.0.1:$port/" --once
  sed -n 's/.*echo \([0-9a-f]*\) .*/\1/p' <<<"${lines[1]}" >"$DIR/followers"
  cp "$DIR/followers" "$DIR/book"
  run second follow "http://127.0.0.1:$port/" --once --server-key "${key//[a-f]/0}"
  [ "$status" -eq 1 ]
  [[ $output == *"another server answers, with the key $key"* ]]
  run second config
  [ "$status" -ne 0 ]
  run second follow "http://127.0.0.1:$port/" --once
  [ "$output" = "Following the server with the key $key." ]
  [ "$(second config --json | jq .quota)" = 1000 ]
  stop_server
  # Somebody else at the same place, with more changes to tell.
  mv "$DIR/book" "$DIR/real"
  dhcp config --group lab --quota 7 >/dev/null
  for quota in 8 9 10 11; do dhcp config --quota "$quota" >/dev/null; done
  cp "$DIR/followers" "$DIR/book"
  as_process serve --listen "127.0.0.1:$port" 2>"$DIR/log" &
  server=$!
  within listening_or_ended "$DIR/log"
  run second follow "http://127.0.0.1:$port/" --once
  [ "$status" -eq 1 ]
  [[ $output == *'another server answers'* ]]
  [ "$(second config --json | jq .quota)" = 1000 ]
  # Whoever means it says so.
  second follow "http://127.0.0.1:$port/" --once --server-key "$(dhcp config --json | jq -r .key)"
  [ "$(second config --json | jq .quota)" = 11 ]
}

@test "what a server that follows has is changed on the first one only" {
  dhcp config --group lab --quota 1000 >/dev/null
  serve
  members 4 1
  second() { "$GA_BIN/ipop-dhcp" --directory "$DIR/second" --groups "$DIR/etc" "$@"; }
  run second follow "http://127.0.0.1:$port/" --once
  sed -n 's/.*echo \([0-9a-f]*\) .*/\1/p' <<<"${lines[1]}" >"$DIR/book/followers"
  second follow "http://127.0.0.1:$port/" --once
  dhcp export >"$DIR/leases.json"
  before=$(second export)
  for change in 'config --mtu 1200' 'reserve 10.9.8.9 --name bob' 'reserve 10.9.8.9 --end' "import $DIR/leases.json" \
    "release $(head -n 1 "$DIR/told" | cut -f2)"; do
    # shellcheck disable=SC2086 # words
    run second $change
    echo "$change: $output"
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == *'follows another one'* ]]
    [[ ${lines[1]} == *"next: ipop-dhcp --directory $DIR/second --groups $DIR/etc promote" ]]
  done
  [ "$(second export)" = "$before" ]
  second config | grep -q 'follows another server'
  dhcp reserve 10.9.8.9 --name bob
  second follow "http://127.0.0.1:$port/" --once
  [ "$(second reserve --plain)" = "$(dhcp reserve --plain)" ]
}

@test "one book has one server; a second one says so and ends" {
  dhcp config --group lab >/dev/null
  serve
  run dhcp serve --listen 127.0.0.1:0
  [ "$status" -eq 1 ]
  [ "$output" = "ipop-dhcp: another ipop-dhcp serves from $DIR/book" ]
  dhcp reserve 10.9.8.9 --name bob
  stop_server
  serve
}

@test "S27: a book that is open by one name is not opened by another, and never without the folder around it" {
  dhcp config --group lab --quota 1000 >/dev/null
  serve
  members 4 1
  mkdir "$DIR/other" "$DIR/alone"
  cp "$DIR/book/server.key" "$DIR/other"
  cp "$DIR/book/server.key" "$DIR/alone"
  ln "$DIR/book/leases.db" "$DIR/other/leases.db"
  at() { "$GA_BIN/ipop-dhcp" --directory "$DIR/$1" --groups "$DIR/etc" --states "$DIR/state" "${@:2}"; }
  refused() { # refused FOLDER WHY
    local verb
    for verb in 'serve --listen 127.0.0.1:0' list 'reserve 10.9.8.9 --name bob' export config 'config --mtu 1300'; do
      # shellcheck disable=SC2086 # words
      run at "$1" $verb
      echo "$1 $verb: $output"
      [ "$status" -eq 1 ]
      [ "${#lines[@]}" -eq 1 ]
      [[ $output == "ipop-dhcp: $DIR/$1/leases.db: "*"$2"* ]]
      [ ! -s "$DIR/$1/leases.db-wal" ]
    done
  }
  refused other 'another process has this file open by another name'
  # A symbolic link and a folder in another place lead to the same journal: the administrator's commands work.
  mkdir "$DIR/link"
  ln -s "$DIR/book/leases.db" "$DIR/link/leases.db"
  ln -s "$DIR/book/server.key" "$DIR/link/server.key"
  [ "$(at link list --plain)" = "$(dhcp list --plain)" ]
  at link reserve 10.9.8.9 --name bob
  [ "$(dhcp reserve --plain | cut -f1)" = 10.9.8.9 ]
  members 4 1
  told_is_kept
  [ "$(id -u)" -eq 0 ] || return 0
  touch "$DIR/alone/leases.db"
  mount --bind "$DIR/book/leases.db" "$DIR/alone/leases.db" || skip "no mount here"
  mkdir "$DIR/folder"
  mount --bind "$DIR/book" "$DIR/folder"
  refused alone 'only this file is mounted here'
  [ "$(at folder list --plain)" = "$(dhcp list --plain)" ]
  run at folder serve --listen 127.0.0.1:0
  [ "$status" -eq 1 ]
  [ "$output" = "ipop-dhcp: another ipop-dhcp serves from $DIR/folder" ]
  # A server that was killed leaves its journal where it was.
  kill -9 "$server"
  wait "$server" || true
  server=
  refused alone 'only this file is mounted here'
  umount "$DIR/alone/leases.db" "$DIR/folder"
  serve
  members 4 1
  told_is_kept
}

@test "a plan and the group's file that do not fit are said with the command that mends it" {
  run dhcp config --group lab --prefix 10.9.0.0/16
  [ "$status" -eq 2 ]
  [ "$output" = "ipop-dhcp: the group's file says 10.9.8.0/24, and members go by that" ]
  dhcp config --group lab --range 10.9.8.10-10.9.8.19 >/dev/null 2>&1
  key=$(dhcp config --json | jq -r .key)
  printf 'addresses = "dhcp"\ndhcp_server = "desk"\ndhcp_key = "%s"\ndhcp_pool = ["10.9.8.10-10.9.8.14", "10.9.8.15-10.9.8.19"]\ndhcp_fallback = "ring"\n' \
    "$key" >>"$DIR/etc/lab.toml"
  [ -z "$(dhcp config 2>&1 >/dev/null)" ]
  run dhcp reserve 10.9.8.200 --name printer
  [ "$status" -eq 0 ]
  [ "${lines[1]}" = "The group's file gives this server only 10.9.8.10-10.9.8.14,10.9.8.15-10.9.8.19; the ring gives out the other addresses too." ]
  [ "${lines[2]}" = "  next: ga-group addresses lab --server desk --key $key --pool 10.9.8.10-10.9.8.19,10.9.8.200 --fallback ring" ]
  # shellcheck disable=SC2046 # words
  "$GA_BIN/ga-group" --dir "$DIR/etc" $(sed -n 's/^  next: ga-group //p' <<<"${lines[2]}")
  [ -z "$(dhcp config 2>&1 >/dev/null)" ]
  run dhcp config --range 10.9.8.10-10.9.8.29
  [ "$status" -eq 0 ]
  [[ $output == *'the ring gives out the other addresses too'* ]]
}

@test "S27: an import that is killed leaves nothing, and is made again" {
  dhcp config --group lab --quota 1000 >/dev/null
  sed -i s,10.9.8.0/24,10.0.0.0/8, "$DIR/etc/lab.toml"
  dhcp config --prefix 10.0.0.0/8 >/dev/null
  awk -v now="$(date +%s)" 'BEGIN {
    print "address,node,user,host_name,source,granted,expires,released"
    for (i = 0; i < 60000; i++) {
      node = ""
      for (rest = i; length(node) < 5; rest = int(rest / 26)) node = node sprintf("%c", 97 + rest % 26)
      printf "10.%d.%d.%d,%s,,,import,%d,%d,no\n", i / 40000, i / 200 % 200, i % 200 + 2, node "aaaaaaaaaaaaaaaaaaaaaaaaaaa", now, now + 3600
    }
  }' >"$DIR/leases.csv"
  as_process import "$DIR/leases.csv" >"$DIR/out" 2>&1 &
  import=$!
  # It writes before it is done, since its cache does not hold all.
  in_the_midst() { [ "$(stat -c %s "$DIR/book/leases.db-wal")" -gt 100000 ] || ! kill -0 "$import" 2>/dev/null; }
  within in_the_midst
  kill -9 "$import"
  wait "$import" || true
  run dhcp list
  [ "$status" -eq 1 ]
  dhcp check
  dhcp import "$DIR/leases.csv"
  [ "$(dhcp config --json | jq .leases)" -eq 60000 ]
}

@test "whoever is refused is counted in the log by reason, and can't fill it" {
  dhcp config --group lab --quota 1000 >/dev/null
  serve
  for request in 1 2 3; do soap Obtain '<Group>lab-abcdefgh</Group><Node>printer</Node>'; done
  soap Obtain '<Group>lab-abcdefgh</Group><Loud>&#10;shout</Loud>'
  curl -sS --max-time 10 --data-binary '<x/>' "http://127.0.0.1:$port/"
  [ "$(grep -c 'refused reason="\?not authorized"\? count=1$' "$DIR/log")" -eq 1 ]
  [ "$(grep -c refused "$DIR/log")" -eq 2 ]
  run ! grep -q shout "$DIR/log"
}

@test "a group without a file is said with the next thing to do" {
  for arguments in '--group lob' ''; do
    [ "$arguments" ] || rm "$DIR/etc/lab.toml"
    # shellcheck disable=SC2086 # words
    run dhcp config $arguments
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 2 ]
    [[ ${lines[1]} == '  next: ga-group join TOKEN'* ]]
  done
}

@test "two groups have their addresses from one server" {
  printf 'name = "sea"\nnamespace = "sea-abcdefgh"\nprefix = "10.7.0.0/16"\n' >"$DIR/etc/sea.toml"
  run dhcp config
  [ "$status" -eq 2 ]
  dhcp config --group lab >/dev/null
  dhcp config --group sea --lease-time 10min >/dev/null
  run dhcp list
  [ "$status" -eq 2 ]
  [[ $output == *'choose one with --group: lab, sea'* ]]
  serve
  "$GA_BIN/lease_flood" "$port" sea-abcdefgh 4 0 1 4 "$DIR/told" >"$DIR/load"
  [ "$(dhcp list --group sea --plain | wc -l)" -eq 4 ]
  run dhcp list --group lab
  [ "$status" -eq 1 ]
}

@test "a server whose key is gone gives nothing out, and a book that may not be read is no missing one" {
  dhcp config --group lab >/dev/null 2>&1
  mv "$DIR/book/server.key" "$DIR/kept.key"
  for command in config "serve --listen 127.0.0.1:0"; do
    # shellcheck disable=SC2086 # words
    run dhcp $command
    [ "$status" -eq 5 ]
    [[ $output == *"$DIR/book/server.key is missing"* ]]
  done
  [ ! -e "$DIR/book/server.key" ]
  mv "$DIR/kept.key" "$DIR/book/server.key"
  dhcp config

  [ "$(id -u)" -eq 0 ] || skip "not root"
  chmod 711 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" 2>/dev/null || true
  run setpriv --reuid 65534 --regid 65534 --clear-groups "$GA_BIN/ipop-dhcp" --directory "$DIR/book" list
  [ "$status" -eq 4 ]
  [[ $output == *"Permission denied"* ]]
}

@test "a wrong line of options is one line and status 2" {
  dhcp config --group lab >/dev/null
  for wrong in 'config --lease-time 5s' 'config --range 10.9.8.9-10.9.8.1' 'config --range 10.1.1.1' 'config --mtu 9' \
    'config --quota 0' 'reserve 10.9.8.9' 'reserve 10.9.8.9 --node abc' 'reserve 10.9.8.0 --name bob' 'release x' \
    'history 10.9.8.9 --at yesterday' 'serve --listen 8067' 'import' 'follow ftp://x/' 'show' 'list --limit 0' 'lits' \
    'reserve 10.9.8.9 --user=' 'reserve 10.9.8.9 --name=' 'reserve 10.9.8.9 --node=' 'export --csv --json' \
    'config --group ../../etc/x' 'list --group ../lab'; do
    # shellcheck disable=SC2086
    run dhcp $wrong
    echo "$wrong: $output"
    [ "$status" -eq 2 ]
    [ "${#lines[@]}" -eq 1 ]
    [ "${#output}" -gt 20 ]
  done
}

@test "the init script starts the server once, says whether it runs, and stops it" {
  [ "$(id -u)" -eq 0 ] || skip "services are root's"
  sed "s|@CMAKE_INSTALL_FULL_SBINDIR@|$GA_BIN|; s|/var/lib/ga/dhcp|$DIR/book|; s|^lib=.*|lib=$DIR|
    s|/etc/default/ipop-dhcp|$DIR/default|g" "$GA_SOURCE/packaging/ipop-dhcp.init.in" >"$DIR/init"
  sed "s|^run=.*|run=$DIR logs=$DIR|" "$GA_SOURCE/packaging/init-functions.sh" >"$DIR/init-functions"
  run sh "$DIR/init"
  [ "$status" -eq 2 ]
  run sh "$DIR/init" start
  [ "$status" -eq 6 ]
  dhcp config --group lab --quota 1000 >/dev/null
  # A port that was free a moment ago.
  serve
  stop_server
  : >"$DIR/ipop-dhcp.log"
  echo "IPOP_DHCP_OPTIONS='--listen 127.0.0.1:$port --directory $DIR/book --groups $DIR/etc'" >"$DIR/default"
  run sh "$DIR/init" status
  [ "$status" -eq 3 ] || [ "$status" -eq 1 ]
  sh "$DIR/init" start 3>&-
  server=$(cat "$DIR/ipop-dhcp.pid")
  within listening_or_ended "$DIR/ipop-dhcp.log"
  grep -q listening "$DIR/ipop-dhcp.log"
  sh "$DIR/init" status
  sh "$DIR/init" start 3>&-
  [ "$(cat "$DIR/ipop-dhcp.pid")" = "$server" ]
  members 4 1
  told_is_kept
  sh "$DIR/init" try-restart 3>&-
  [ "$(cat "$DIR/ipop-dhcp.pid")" != "$server" ]
  server=$(cat "$DIR/ipop-dhcp.pid")
  sh "$DIR/init" stop
  # One that has ended may wait for the first process to take note of it; it has no program any more.
  run readlink "/proc/$server/exe"
  [ "$status" -ne 0 ]
  server=
  run sh "$DIR/init" status
  [ "$status" -ne 0 ]
  sh "$DIR/init" stop
}

@test "manual and completions say what the program takes" {
  for shell in bash zsh fish; do
    name=ipop-dhcp.$shell
    [ $shell = zsh ] && name=_ipop-dhcp
    "$GA_BIN/ipop-dhcp" --completion $shell | diff - "$GA_SOURCE/completions/$name"
  done
  mandoc -T lint -W warning "$GA_SOURCE/man/ipop-dhcp.8"
  "$GA_BIN/ipop-dhcp" --help | grep -oE '^ +(--[a-z-]+|[a-z]+ )' | tr -d ' ' | sort -u |
    while read -r word; do
      grep -qF -- "${word//-/\\-}" "$GA_SOURCE/man/ipop-dhcp.8" || { echo "$word is not in the manual"; exit 1; }
    done
}
