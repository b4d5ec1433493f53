#!/usr/bin/env bats
# What an administrator sees of ga-firewall. Rules are put in force in network namespaces only.

setup() {
  DIR=$BATS_TEST_TMPDIR
  mkdir "$DIR/etc"
  printf 'name = "lab"\nnamespace = "bats"\nport = 25000\n' >"$DIR/etc/lab.toml"
  unset SSH_CONNECTION SSH_CLIENT
}

firewall() { "$GA_BIN/ga-firewall" --dir "$DIR/etc" "$@"; }
# elsewhere COMMAND [OPTION OF UNSHARE]: in a network namespace that ends with it.
elsewhere() {
  unshare --net true 2>/dev/null || skip "network namespaces are not allowed here"
  export -f firewall
  export GA_BIN DIR
  unshare --net "${@:2}" bash -c "$1"
}

@test "print writes rules that nft takes, without any right" {
  run firewall print --role worker --allow tcp:80
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = "table inet ga_firewall" ]
  [[ $output == *"udp dport 25000 accept"* ]]
  [[ $output == *"tcp dport { 22, 80, 7781, 9618 } accept"* ]]
  run firewall print --json
  [ "$status" -eq 2 ]
  elsewhere 'firewall print | nft -f - && firewall print | nft -f - && firewall status --plain | grep -qx "state	applied"'
}

@test "apply, status and remove have their statuses, also when they are repeated" {
  elsewhere '
    firewall status --plain; [ $? -eq 1 ] || exit 10
    firewall apply --role worker || exit 11
    firewall status --json | jq -e ".schema == \"ga-firewall.status/1\" and .state == \"applied\" and .port == [\"25000\"]" || exit 12
    [ "$(firewall apply --plain)" = unchanged ] || exit 13
    firewall status || exit 14
    firewall status --role none; [ $? -eq 1 ] || exit 15
    nft add rule inet ga_firewall from_physical accept
    firewall status --plain | grep -qx "state	differs" || exit 16
    [ "$(firewall apply --plain)" = changed ] || exit 17
    [ "$(firewall remove --plain)" = changed ] || exit 18
    [ "$(firewall remove --plain)" = unchanged ] || exit 19
    [ -z "$(nft list ruleset)" ] || exit 20'
  [ ! -e "$DIR/etc/firewall" ]
}

@test "apply keeps what it was told, and a start without options applies it again" {
  elsewhere 'firewall apply --role manager --allow udp:7'
  grep -qx 'role = "manager"' "$DIR/etc/firewall/settings.toml"
  elsewhere 'firewall apply --yes && firewall status && nft list table inet ga_firewall | grep -q "udp dport 7 accept"'
  elsewhere 'firewall apply && firewall remove --keep && [ -z "$(nft list ruleset)" ]'
  [ -e "$DIR/etc/firewall/settings.toml" ]
}

@test "settings that a person wrote stay as they are, and a file beside them is no obstacle" {
  mkdir "$DIR/etc/firewall"
  printf '# Since Tuesday.\nallow = ["udp:7"]\n' >"$DIR/etc/firewall/settings.toml"
  cp "$DIR/etc/firewall/settings.toml" "$DIR/mine"
  elsewhere 'firewall apply && nft list table inet ga_firewall | grep -q "udp dport 7 accept"'
  cmp "$DIR/mine" "$DIR/etc/firewall/settings.toml"
  touch "$DIR/etc/firewall/settings.toml~"
  elsewhere 'firewall apply && firewall remove && [ -z "$(nft list ruleset)" ]'
  [ "$(ls "$DIR/etc/firewall")" = "settings.toml~" ]
}

@test "a job user who is gone is left out of the rules that were kept, and nothing else is" {
  mkdir "$DIR/etc/firewall"
  printf 'role = "worker"\njob_user = ["no-such-user", "nobody"]\n' >"$DIR/etc/firewall/settings.toml"
  elsewhere '
    firewall apply --yes 2>"$DIR/talk"; [ $? -eq 7 ] || exit 10
    nft list table inet ga_firewall | grep -q "meta skuid 65534 goto from_jobs" || exit 11
    firewall status 2>/dev/null; [ $? -eq 7 ] || exit 12'
  [[ $(head -n 1 "$DIR/talk") == *no-such-user*"left out"* ]]
  grep -q no-such-user "$DIR/etc/firewall/settings.toml"
}

@test "rules that can't be kept for the next start are in force, and the exit status is 7" {
  unshare --mount true 2>/dev/null || skip "mounts are not allowed here"
  mkdir "$DIR/etc/firewall"
  elsewhere '
    mount -t tmpfs -o size=4k tmpfs "$DIR/etc/firewall" && head -c 4096 /dev/zero >"$DIR/etc/firewall/full" || exit 10
    firewall apply --role worker 2>"$DIR/talk"; [ $? -eq 7 ] || exit 11
    firewall status --role worker || exit 12' --mount
  [[ $(head -n 1 "$DIR/talk") == *"No space left"* ]]
  [[ $(tail -n 1 "$DIR/talk") == *"rules are in force"* ]]
}

@test "a dry run shows the difference and changes nothing" {
  elsewhere '
    firewall apply --role worker --dry-run >"$DIR/all" || exit 10
    [ -z "$(nft list ruleset)" ] || exit 11
    firewall apply || exit 12
    firewall apply --allow tcp:80 --dry-run >"$DIR/some" || exit 13
    firewall apply --dry-run >"$DIR/none" || exit 14
    firewall remove --dry-run >"$DIR/gone" || exit 15
    firewall status'
  grep -qx '+table inet ga_firewall {' "$DIR/all"
  [ "$(grep -c '^[-+]' "$DIR/some")" -eq 2 ]
  grep -qx -- '-		tcp dport 22 accept' "$DIR/some"
  grep -qx -- '+		tcp dport { 22, 80 } accept' "$DIR/some"
  [ ! -s "$DIR/none" ]
  grep -qx -- '-table inet ga_firewall {' "$DIR/gone"
}

@test "an ssh session that would be cut stops apply in one line, unless --yes or its port stays open" {
  elsewhere '
    export SSH_CONNECTION="192.0.2.7 50000 198.51.100.1 22"
    firewall apply 2>"$DIR/talk"; [ $? -eq 1 ] || exit 10
    [ -z "$(nft list ruleset)" ] || exit 11
    firewall apply --dry-run 2>"$DIR/dry" | grep -q . || exit 12
    firewall apply --allow-physical tcp:22 || exit 13
    firewall apply --port 25001; [ $? -eq 1 ] || exit 14
    firewall apply --port 25001 --yes || exit 15
    firewall apply || exit 16
    # sudo takes the variable away; the shell above it still has it.
    firewall remove
    bash -c "env -u SSH_CONNECTION bash -c \"firewall apply; exit \\\$?\"; exit \$?"; [ $? -eq 1 ] || exit 17
    [ -z "$(nft list ruleset)" ]'
  [[ $(head -n 1 "$DIR/talk") == *"192.0.2.7"*"198.51.100.1:22"* ]]
  [ "$(wc -l <"$DIR/talk")" -eq 2 ]
  [[ $(tail -n 1 "$DIR/talk") == *--yes* ]]
  [[ $(cat "$DIR/dry") == *"192.0.2.7"* ]]
}

@test "a session on the virtual network is no reason to stop" {
  elsewhere 'SSH_CONNECTION="10.128.0.9 50000 10.128.0.5 22" firewall apply'
}

@test "what is wrong on the command line is exit status 2, in one line" {
  for arguments in "" "aply" "apply --allow 22" "apply --allow tcp:22;flush" "print --role boss" "print --job-uid 0" \
    "print --job-user no-such-user" "print --job-user root" "print --interface a/b" "print --physical web" \
    "print --port 0" "print --ssh x" "status --json --plain" "print --group Bad_Name"; do
    # shellcheck disable=SC2086
    run firewall $arguments
    [ "$status" -eq 2 ] || { echo "$arguments: $status $output"; return 1; }
    [ "${#lines[@]}" -eq 1 ]
  done
}

@test "a machine without a group, or without this one, says how to join one" {
  run "$GA_BIN/ga-firewall" --dir "$DIR/none" print
  [ "$status" -eq 1 ]
  [[ $output == *"ga-group join TOKEN"* ]]
  run firewall print --group home
  [ "$status" -eq 1 ]
  [[ ${lines[0]} == *home.toml* ]]
}

@test "a port that nobody knows is exit status 3 and says what to do" {
  sed -i '/^port/d' "$DIR/etc/lab.toml"
  run firewall print
  [ "$status" -eq 3 ]
  [[ $output == *--port* ]]
  run firewall print --port 25001
  [ "$status" -eq 0 ]
}

@test "a bad group file, node file or settings file is exit status 5 with file and line" {
  mkdir -p "$DIR/etc/firewall" "$DIR/etc/node"
  echo 'rolle = "worker"' >"$DIR/etc/firewall/settings.toml"
  run firewall print
  [ "$status" -eq 5 ]
  [[ $output == *settings.toml:1:*rolle*role* ]]
  rm "$DIR/etc/firewall/settings.toml"
  echo 'tap = [' >"$DIR/etc/node/lab.toml"
  run firewall print
  [ "$status" -eq 5 ]
  [[ $output == *node/lab.toml:* ]]
  rm "$DIR/etc/node/lab.toml"
  sed -i 's/^port/prot/' "$DIR/etc/lab.toml"
  run firewall print
  [ "$status" -eq 5 ]
  [[ $output == *lab.toml:3:*prot*port* ]]
  [ "${#lines[@]}" -eq 1 ]
}

@test "the node's own settings decide about port and interface" {
  mkdir "$DIR/etc/node"
  printf 'tap = "tap7"\nport = 26000\n' >"$DIR/etc/node/lab.toml"
  run firewall print
  [[ $output == *'iifname "tap7" goto from_virtual'* ]]
  [[ $output == *'udp dport 26000 accept'* ]]
  echo 'no_tap = true' >"$DIR/etc/node/lab.toml"
  run firewall print
  [[ $output != *from_virtual* ]]
}

@test "two groups of a machine share one table" {
  printf 'name = "home"\nnamespace = "bats2"\nport = 26000\nprefix = "100.64.0.0/10"\n' >"$DIR/etc/home.toml"
  mkdir "$DIR/etc/node"
  echo 'tap = "ipop1"' >"$DIR/etc/node/home.toml"
  run firewall print
  [[ $output == *'udp dport { 25000, 26000 } accept'* ]]
  [[ $output == *'iifname { "ipop0", "ipop1" } goto from_virtual'* ]]
  elsewhere 'firewall apply && firewall status --plain | grep -qx "group	home,lab"'
  run firewall print --group lab
  [[ $output == *'udp dport 25000 accept'* ]]
}

@test "without the right to change rules it is exit status 4, and nothing is written" {
  [ "$EUID" -eq 0 ] || skip "needs root to become somebody else"
  # Bats keeps its own directories to itself.
  open=$(mktemp -d) && chmod 755 "$open"
  if ! cp -r "$GA_BIN/ga-firewall" "$DIR/etc" "$open"; then rm -rf "$open"; skip "no room for a copy of the program"; fi
  chmod -R a+rX "$open"
  said=
  for verb in apply status remove; do
    run setpriv --reuid 65534 --regid 65534 --clear-groups "$open/ga-firewall" --dir "$open/etc" "$verb"
    [[ ${lines[1]} =~ next:\ (sudo|su\ -c)\ .*ga-firewall\ .*$verb ]]
    said+="$status ${#lines[@]}"$'\n'
  done
  left=$(ls "$open/etc")
  chmod 700 "$open/etc"
  run setpriv --reuid 65534 --regid 65534 --clear-groups "$open/ga-firewall" --dir "$open/etc" print
  rm -rf "$open"
  [ "$(sort -u <<<"$said")" = $'\n4 2' ]
  [ "$left" = lab.toml ]
  [ "$status" -eq 4 ]
}

@test "a kernel without nftables is named" {
  command -v gcc >/dev/null || skip "no gcc to make a kernel look older"
  cat >"$DIR/old.c" <<'SOURCE'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
int socket(int family, int type, int protocol) {
  if (family == 16 && protocol == 12) { errno = EPROTONOSUPPORT; return -1; }
  return ((int (*)(int, int, int))dlsym((void*)-1L, "socket"))(family, type, protocol);
}
SOURCE
  gcc -shared -fPIC -o "$DIR/old.so" "$DIR/old.c" -ldl
  LD_PRELOAD="$DIR/old.so" ASAN_OPTIONS=verify_asan_link_order=0 run firewall status
  [ "$status" -eq 1 ]
  [[ ${lines[0]} == *"no nftables"* ]]
}

@test "results that can't be written are exit status 1, with a message" {
  # shellcheck disable=SC2016
  run bash -c '"$1" --dir "$2" print >/dev/full' - "$GA_BIN/ga-firewall" "$DIR/etc"
  [ "$status" -eq 1 ]
  [[ $output == *"No space left"* ]]
}

@test "plain columns are those of the man page" {
  elsewhere 'firewall apply && firewall status --plain >"$DIR/plain"'
  [ "$(cut -f1 "$DIR/plain" | paste -sd' ')" = \
    "state table group interface network port role ssh allow allow_physical reach physical job_uid" ]
}

@test "completions are what the program prints, and every option stands in the man page" {
  for shell in bash:ga-firewall.bash zsh:_ga-firewall fish:ga-firewall.fish; do
    diff <("$GA_BIN/ga-firewall" --completion "${shell%%:*}") "$GA_SOURCE/completions/${shell#*:}"
  done
  bash -n "$GA_SOURCE/completions/ga-firewall.bash"
  if command -v zsh >/dev/null; then zsh -n "$GA_SOURCE/completions/_ga-firewall"; fi
  if command -v fish >/dev/null; then fish -n "$GA_SOURCE/completions/ga-firewall.fish"; fi
  page=$(sed 's/\\-/-/g' "$GA_SOURCE/man/ga-firewall.8")
  for verb in "" print apply remove status; do
    # shellcheck disable=SC2086
    for option in $("$GA_BIN/ga-firewall" $verb --help | grep -oE '^ +(-h,)?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
      [[ $page == *"$option"* ]] || { echo "man page lacks $option"; return 1; }
    done
  done
}
