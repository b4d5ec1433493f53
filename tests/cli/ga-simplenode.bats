#!/usr/bin/env bats
# What a person sees of ga-simplenode status, with a real sshd of this machine and a real node. Installing is
# netns/simplenode.sh's.

bats_require_minimum_version 1.5.0
load nodes

setup() {
  command -v sshd ssh-keygen >/dev/null || PATH=$PATH:/usr/sbin
  command -v sshd ssh-keygen >/dev/null || skip "no sshd on this machine (packages/check)"
  make_group
  if [[ $(id -u) == 0 ]]; then
    [[ $(readlink /proc/self/ns/mnt) != "$(readlink /proc/1/ns/mnt)" ]] || skip "needs mounts of its own (in_own_mounts.sh)"
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -p /run/sshd /run/ipop
  else
    skip "sshd and the place of control sockets are root's"
  fi
  ssh-keygen -q -t ed25519 -N '' -f "$DIR/host_key"
  ssh-keygen -q -t ed25519 -N '' -f "$DIR/user_key"
  ssh-keygen -q -t ed25519 -N '' -f "$DIR/other_key"
  serve_ssh
  cat >"$DIR/ssh_config" <<CONFIG
Host *
  User $(id -un)
  HostName 127.0.0.1
  Port $PORT
  HostKeyAlias fleet
  IdentityFile $DIR/user_key
  IdentitiesOnly yes
  UserKnownHostsFile $DIR/known_hosts
  GlobalKnownHostsFile /dev/null
CONFIG
  echo "fleet $(<"$DIR/host_key.pub")" >"$DIR/known_hosts"
}
teardown() {
  stop_nodes
  local pid
  for pid in "${SERVERS[@]}"; do kill "$pid" 2>/dev/null || true; done
}
SERVERS=()

# serve_ssh [LINE...]: an sshd with these lines in its settings, at $PORT.
serve_ssh() {
  local log=$DIR/sshd.log
  for ((tries = 0; tries < 20; tries++)); do
    PORT=$((20000 + RANDOM % 12000))
    printf '%s\n' "Port $PORT" "ListenAddress 127.0.0.1" "HostKey $DIR/host_key" "AuthorizedKeysFile $DIR/user_key.pub" \
      "StrictModes no" "UsePAM no" "PasswordAuthentication no" "PidFile none" \
      "SetEnv PATH=$GA_BIN:/usr/sbin:/usr/bin:/sbin:/bin ASAN_OPTIONS=$ASAN_OPTIONS" "$@" >"$DIR/sshd_config.$PORT"
    "$(command -v sshd)" -D -e -f "$DIR/sshd_config.$PORT" 2>>"$log" 3>&- &
    SERVERS+=("$!")
    listens_or_ended() { grep -q "listening on 127.0.0.1 port $PORT" "$log" || ! kill -0 "${SERVERS[-1]}"; }
    within listens_or_ended
    if kill -0 "${SERVERS[-1]}" 2>/dev/null; then return; fi
  done
  cat "$log"
  return 1
}
fleet() { "$GA_BIN/ga-simplenode" --ssh-config "$DIR/ssh_config" "$@"; }
run_node() {
  start_node a
  ln -s "$DIR/a.sock" /run/ipop/lab.sock
}

@test "one table says who answers, with versions, node and load; the status says whether all do" {
  run_node
  run --separate-stderr fleet status one root@two --plain
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 2 ]
  version=$("$GA_BIN/ipop-node" --version | cut -d' ' -f2)
  [[ ${lines[0]} == "one	alone	lab	"*"	$version	"*:*"	0	1	0 B	"*" s	"*" of $(nproc)" ]]
  [[ ${lines[1]} == "root@two	alone	lab	"* ]]
  run fleet status one two
  [[ ${lines[0]} =~ ^HOST\ +STATE\ +GROUP\ +PACKAGE\ +RUNS\ +ENDPOINT\ +LINKS\ +MEMBERS\ +RELAYED\ +UP\ +LOAD$ ]]

  # The port is nobody's.
  printf '%s\n' "Host gone" "  Port 1" >"$DIR/with_gone"
  cat "$DIR/ssh_config" >>"$DIR/with_gone"
  mv "$DIR/with_gone" "$DIR/ssh_config"
  run --separate-stderr fleet status one gone
  [ "$status" -eq 7 ]
  [[ ${lines[2]} =~ ^gone\ +no\ answer ]]
  [ "$stderr" = "ga-simplenode: gone: connect to host 127.0.0.1 port 1: Connection refused" ]
  run fleet status gone
  [ "$status" -eq 1 ]
}

@test "JSON has every host, and what the table has no room for" {
  run_node
  fleet status one --json | jq -e --arg load "$(nproc)" '.schema == "ga-simplenode.status/1" and (.hosts | length == 1) and
    (.hosts[0] | .host == "one" and .answers and (.system | startswith("debian")) and .architecture != "" and
      (.processors | tostring == $load) and .memory_kib > .available_memory_kib and .host_uptime_s > 0 and
      (.nodes[0] | .group == "lab" and .state == "alone" and .links == 0 and .members == 1 and .relayed_packets == 0 and
        (.endpoint | test(":[0-9]+$")) and .notices == []))'
  # A socket that nobody serves.
  stop_nodes
  rm -f /run/ipop/lab.sock
  touch /run/ipop/lab.sock
  run --separate-stderr fleet status one --json
  [ "$status" -eq 1 ]
  jq -e '.hosts[0].nodes[0] | .group == "lab" and .state == "silent" and (.why | startswith("ipop-ctl: "))' <<<"$output"
}

@test "a host without a node, and one without a node of the group, are told apart" {
  run --separate-stderr fleet status one --plain
  [ "$status" -eq 1 ]
  [[ $output == "one	no node		"* ]]
  [ "$stderr" = "ga-simplenode: one: there is no node" ]
  run_node
  run fleet status one --group lab
  [ "$status" -eq 0 ]
  run --separate-stderr fleet status one --group sea
  [ "$status" -eq 1 ]
  [ "$stderr" = "ga-simplenode: one: there is no node of the group sea" ]
}

@test "hosts come from a file too; what is wrong there is one line with file and line, and nobody is asked" {
  run_node
  printf '%s\n' "# the fleet" one "" "two # in the cellar" >"$DIR/fleet"
  run --separate-stderr fleet status --hosts "$DIR/fleet" --plain
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 2 ]
  run --separate-stderr fleet status three --hosts "$DIR/fleet" --plain
  [ "$(cut -f 1 <<<"$output" | xargs)" = "three one two" ]
  echo "-oProxyCommand=touch\${IFS}$DIR/bad" >>"$DIR/fleet"
  run fleet status --hosts "$DIR/fleet"
  [ "$status" -eq 2 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == "ga-simplenode: $DIR/fleet:5: \"-oProxyCommand="*" is no host: "* ]]
  [ ! -e "$DIR/bad" ]
  run fleet status -- '-oProxyCommand=x'
  [ "$status" -eq 2 ]
  run fleet status a a
  [ "$status" -eq 2 ]
  [ "$output" = 'ga-simplenode: "a" is named twice' ]
  run fleet status
  [ "$status" -eq 2 ]
  run fleet status --hosts "$DIR/none"
  [ "$status" -eq 2 ]
}

@test "a host key that is not known, or another one, and a key that is not taken are said in a line" {
  echo "other $(<"$DIR/host_key.pub")" >"$DIR/known_hosts"
  run --separate-stderr fleet status one --plain
  [ "$status" -eq 1 ]
  [[ $stderr == "ga-simplenode: one: its host key is not known; \`ssh\` to it once by hand"* ]]
  # Nobody was asked whether it is right, and it is as unknown as before.
  [ "$(wc -l <"$DIR/known_hosts")" -eq 1 ]
  echo "fleet $(<"$DIR/other_key.pub")" >"$DIR/known_hosts"
  run --separate-stderr fleet status one --plain
  [[ $stderr == "ga-simplenode: one: its host key is not the one that is known"* ]]
  echo "fleet $(<"$DIR/host_key.pub")" >"$DIR/known_hosts"
  sed -i "s|user_key|other_key|" "$DIR/ssh_config"
  run --separate-stderr fleet status one --plain
  [[ $stderr == "ga-simplenode: one: "*"Permission denied (publickey"* ]]
}

@test "a host that says nothing is given up in time, and the others are shown" {
  run_node
  port=$PORT
  serve_ssh "ForceCommand exec sleep 600"
  printf '%s\n' "Host slow" "  Port $PORT" | cat - "$DIR/ssh_config" >"$DIR/both"
  mv "$DIR/both" "$DIR/ssh_config"
  run --separate-stderr fleet status slow one --timeout 12s --plain
  [ "$status" -eq 7 ]
  [ "$stderr" = "ga-simplenode: slow: no answer within 12 s" ]
  [[ ${lines[1]} == "one	alone	"* ]]
  [ "$port" != "$PORT" ]
}

@test "what a host writes can't reach the terminal, nor fill the memory" {
  serve_ssh "ForceCommand printf '@ga system \\033[2J\\n@ga load \\033]0;x\\007\\n@ga silent lab \\033[31mred\\n@ga end\\n'"
  printf '%s\n' "Host bad" "  Port $PORT" | cat - "$DIR/ssh_config" >"$DIR/both"
  serve_ssh "ForceCommand head -c 30M /dev/zero"
  printf '%s\n' "Host loud" "  Port $PORT" | cat - "$DIR/both" >"$DIR/ssh_config"
  run fleet status bad
  [ "$status" -eq 1 ]
  [[ $output == *'\x1b[31mred'* ]]
  if [[ $output == *$'\e'* || $output == *$'\a'* ]]; then return 1; fi
  run fleet status bad --json
  if [[ $output == *$'\e'* || $output == *$'\a'* ]]; then return 1; fi
  # Sanitizers have memory of their own; without them a limit would be the test.
  run --separate-stderr fleet status loud --timeout 2min --plain
  [ "$status" -eq 1 ]
  [ "$stderr" = "ga-simplenode: loud: its answer is none, or is cut off" ]
}
