# shellcheck shell=bash disable=SC2034,SC2154  # bin, run, root and internet come from the caller
# pool.sh - a closed group whose members are machines with roles in a pool of HTCondor. Source it after machines.sh.
#
#   make_pool_group RELAY          a closed group that the host RELAY lets into; its node runs
#   make_open_group RELAY          the same without certificates
#   join_pool HOST [PORT]          boots the machine, and join_group
#   join_group HOST [PORT]         a certificate of its own in a closed group, and a node that runs
#   take_role HOST ROLE...         its role file, and a ga-condorcfg that does what it says from then on
#   leave_role HOST                ends that; HTCondor ends with it
#   start_member HOST              its node once more, after stop_member
#   stop_member HOST [SIGNAL]
#   forget_address HOST            stops the node, and starts it again without its last address: it leases another
#   address_on HOST                its virtual address
#   pool_has HOST WORKER...        all these workers are in the pool, at their addresses, as HOST is told
#   cut_off HOST, bring_back HOST  its cable
#
# A machine has two slots unless ${slots_of[HOST]} says otherwise; ${lines_of[HOST]} is added to its role file.
# Another group is another name, virtual network and interface in pool_group, pool_prefix and pool_tap: a machine may
# then join_group again.
declare -gA slots_of=() lines_of=() port_in=() options_in=()
pool_group=lab pool_prefix=10.128.0.0/9 pool_tap=ipop0

certificate_of() { "$bin/ga-cert" --dir "$run/authority/$pool_group" --groups "$run/groups" "$@"; }

make_pool_group() {
  local relay=$1
  mkdir -p "$run/groups" "$run/authority"
  certificate_of authority init "$pool_group" --no-passphrase >"$run/authority/$pool_group.log" 2>&1 || return
  cat >"$run/groups/$pool_group.toml" <<GROUP
name = "$pool_group"
namespace = "$pool_group-$internet"
prefix = "$pool_prefix"
bootstrap = ["${public_of[$relay]}:4700"]
authority = """
$(<"$run/authority/$pool_group/authority.pem")
"""
GROUP
  join_pool "$relay" 4700 --no-tap
}

make_open_group() {
  mkdir -p "$run/groups"
  cat >"$run/groups/$pool_group.toml" <<GROUP
name = "$pool_group"
namespace = "$pool_group-$internet"
prefix = "$pool_prefix"
bootstrap = ["${public_of[$1]}:4700"]
GROUP
  join_pool "$1" 4700 --no-tap
}

# As `make install` and the service would, for as many slots as the machines here have.
make_slot_accounts() {
  local slot
  for slot in {1..8}; do echo "u ga-slot$slot - \"Jobs in slot $slot\" - /bin/sh"; done |
    in_machine "$1" systemd-sysusers - >"$run/$1/sysusers.log" 2>&1
}

join_pool() {
  boot_machine "$1" && make_slot_accounts "$1" || return
  # The node answers for names of the group, and refuses others at once.
  printf 'search ipop\nnameserver %s\noptions timeout:2 attempts:2\n' "${pool_prefix%.*}.1" \
    >"$(files_of "$1")/etc/resolv.conf"
  join_group "$@"
}

# The port: hosts of one site use different ones, as they would get them from a careful owner.
join_group() {
  local host=$1 port=${2:-4700} state
  shift $(($# < 2 ? $# : 2))
  (($#)) || set -- --configure --tap "$pool_tap" --hostname "$host"
  port_in[$host,$pool_group]=$port options_in[$host,$pool_group]=$*
  state=$(files_of "$host")/var/lib/ipop/$pool_group
  mkdir -p "$state" "$(files_of "$host")/run/ipop" "$(files_of "$host")/etc/ga"
  if grep -q '^authority' "$run/groups/$pool_group.toml"; then
    certificate_of request --key "$state/key.pem" --user "$host" --out "$run/$host/request.pem" >"$run/$host/ga-cert.log" 2>&1 &&
      certificate_of sign "$run/$host/request.pem" --out "$state/certificate.pem" >>"$run/$host/ga-cert.log" 2>&1 || return
  fi
  cp "$run/groups/$pool_group.toml" "$(files_of "$host")/etc/ipop/"
  start_member "$host"
}

start_member() {
  # shellcheck disable=SC2086  # words
  in_machine "$1" ipop-node --group "$pool_group" --port "${port_in[$1,$pool_group]}" ${options_in[$1,$pool_group]} \
    >>"$run/$1/node.log" 2>&1 </dev/null &
  disown
}

stop_member() { # [SIGNAL]: the program runs under its loader's name
  local pid
  pid=$(program_on "$1" ipop-node) || return 0
  kill "-${2:-TERM}" "$pid"
  while [[ -e /proc/$pid ]]; do sleep 0.05; done
}

forget_address() {
  local state
  state=$(files_of "$1")/var/lib/ipop/$pool_group/state.json
  stop_member "$1"
  jq 'del(.address)' "$state" >"$run/$1/state.json" && cp "$run/$1/state.json" "$state"
  start_member "$1"
}

program_on() { # HOST PROGRAM: its process number outside
  local pid
  for pid in $(ip netns pids "$internet-$1"); do
    { tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF -e "/opt/ga/real/$2" -e "/opt/ga/bin/$2"; } 2>/dev/null && echo "$pid" && return
  done
  return 1
}

ask_node() { local host=$1; shift; in_machine "$host" ipop-ctl --socket "/run/ipop/$pool_group.sock" "$@"; }

take_role() {
  local host=$1 roles
  shift
  roles=$(printf ', "%s"' "$@")
  {
    echo "roles = [${roles:2}]"
    echo "group = \"$pool_group\""
    [[ $roles != *worker* ]] || echo "slots = ${slots_of[$host]:-2}"
    [[ -z ${lines_of[$host]:-} ]] || echo "${lines_of[$host]}"
  } >"$(files_of "$host")/etc/ga/pool.toml"
  in_machine "$host" ga-condorcfg watch >>"$run/$host/condorcfg.log" 2>&1 </dev/null &
  disown
}

leave_role() {
  local pid
  pid=$(program_on "$1" ga-condorcfg) || return 0
  kill -TERM "$pid"
  while [[ -e /proc/$pid ]]; do sleep 0.05; done
}

address_on() {
  ip -n "$internet-$1" -4 -o addr show dev "$pool_tap" 2>/dev/null | sed -n 's/.* inet \([0-9.]*\).*/\1/p' | head -n 1
}

pool_has() {
  local host=$1 worker seen
  shift
  # Its slots; what a worker's daemon says of itself may come with the next update only, and no job waits for that.
  seen=$(in_machine "$host" condor_status -af Machine MyAddress) || return
  for worker; do grep -qF "$worker.ipop <$(address_on "$worker"):" <<<"$seen" || return; done
}

cut_off() { ip -n "$internet-$1" link set eth0 down; }
bring_back() {
  ip -n "$internet-$1" -batch - <<LINES
link set eth0 up
route replace default via ${subnet_of[${site_of[$1]}]}.1
LINES
}
