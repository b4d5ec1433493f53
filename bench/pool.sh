#!/usr/bin/env bash
# pool.sh BIN [--starts N] [--moves N] [--rounds N] [--output FILE] - how fast a pool of HTCondor comes together on the
# virtual network, and what its jobs pay for it.
#
#   alice: manager, submits -- [home: cone] ---- internet ---- [lab: restricted cone] -- bob, carol: workers
#                                     relay -------' '-------- [office: symmetric] ----- dave, erin: workers
#
# Visible: from the start of a worker's ipop-node until the manager's condor_status shows it, ga-condorcfg and HTCondor
# being started at the same moment. Moved: from the new virtual address on the interface until condor_status shows it.
# Jobs: 100 of /bin/true, from the first that runs to the last that ends, on the four workers; in turns on the virtual
# network and on a bridge that all machines have a cable to, with the same machines, configuration and certificates.
# Appends one JSON object a figure to FILE (build/bench.jsonl by default).
# Exit status: 0 measured, 1 the pool did not come up, 2 used wrongly, 4 no permission.
set -euo pipefail

# shellcheck source=begin.bash
source "$(dirname "${BASH_SOURCE[0]}")/begin.bash"
starts=20 moves=10 rounds=2
read_options "ipop-node ga-condorcfg" 'starts=[0-9]{1,3}' 'moves=[0-9]{1,3}' 'rounds=[0-9]' -- "$@"
begin_internet gq
root=$("$here/../scripts/pool_root")
# shellcheck source=../demo/machines.sh
source "$here/../demo/machines.sh"
# shellcheck source=../demo/pool.sh
source "$here/../demo/pool.sh"

# Processor time of all others, and of all there is, in ticks.
busy() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8; exit }' /proc/stat; }
passed() { awk '/^cpu / { for (i = 2; i <= 9; i++) all += $i; print all; exit }' /proc/stat; }
say "what else this machine does"
busy_before=$(busy) passed_before=$(passed)
enough=$(($(nproc) * $(getconf CLK_TCK)))
a_second_passed() { (($(passed) - passed_before >= enough)); }
until_true 5 a_second_passed || fail "the kernel does not count processor time"
others=$((($(busy) - busy_before) * 100 * $(nproc) / ($(passed) - passed_before)))

# --- the pool -----------------------------------------------------------------------------------------------
workers=(bob carol dave erin)
machines=(alice "${workers[@]}")
declare -A home_of=([alice]=home [bob]=lab [carol]=lab [dave]=office [erin]=office)
declare -A overlay_port_of=([alice]=4700 [bob]=4700 [carol]=4701 [dave]=4700 [erin]=4701)
say "the pool"
make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 restricted
make_site office 192.168.3 symmetric
for host in "${machines[@]}"; do make_host "$host" "${home_of[$host]}"; done
pack_programs
make_pool_group relay
for host in "${machines[@]}"; do join_pool "$host" "${overlay_port_of[$host]}"; done
take_role alice manager submit
for host in "${workers[@]}"; do slots_of[$host]=1 && take_role "$host" worker; done
until_true 90 pool_has alice "${workers[@]}" || fail "the workers did not come: $(tail -n 2 "$run/bob/condorcfg.log")"

# --- starts -------------------------------------------------------------------------------------------------
# Told from what was there before by the start of its daemon.
is_fresh() { # HOST SECONDS_SINCE_1970
  local since
  since=$(in_machine alice condor_status -constraint "Machine == \"$1.ipop\"" -af DaemonStartTime) || return
  [[ -n $since ]] && ((${since%%$'\n'*} >= $2)) && pool_has alice "$1"
}
for ((i = 0; i < starts; i++)); do
  host=${workers[i % ${#workers[@]}]}
  say "start $((i + 1)) of $starts"
  leave_role "$host"
  stop_member "$host"
  began=$(milliseconds)
  start_member "$host"
  take_role "$host" worker
  if until_true 60 is_fresh "$host" $((began / 1000)); then
    echo $(($(milliseconds) - began)) >>"$run/visible"
  else
    echo 60000 >>"$run/visible"
  fi
done

# --- addresses ----------------------------------------------------------------------------------------------
has_another() { local address; address=$(address_on "$1"); [[ -n $address && $address != "$2" ]]; }
for ((i = 0; i < moves; i++)); do
  host=${workers[i % ${#workers[@]}]}
  say "address change $((i + 1)) of $moves"
  old=$(address_on "$host")
  forget_address "$host"
  until_true 30 has_another "$host" "$old" || fail "$host got no other address"
  began=$(milliseconds)
  if until_true 60 pool_has alice "$host"; then
    echo $(($(milliseconds) - began)) >>"$run/moved"
  else
    echo 60000 >>"$run/moved"
  fi
done

# --- jobs ---------------------------------------------------------------------------------------------------
user=$(files_of alice)/home/user
cat >"$user/true.sub" <<SUB
executable = /bin/true
transfer_executable = false
log = true.log
request_cpus = 1
request_memory = 16
request_disk = 1024
should_transfer_files = yes
queue \$(count)
SUB
chown -R --reference="$user" "$user/."
events() { grep -c "^$1 " "$user/true.log" 2>/dev/null || true; }
has_events() { (($(events "$1") >= $2)); }
run_jobs() { # COUNT: milliseconds from the first that runs to the last that ends
  local first
  rm -f "$user/true.log"
  as_user alice condor_submit -terse "count=$1" true.sub >/dev/null || return
  until_true 120 has_events 001 1 || return
  first=$(milliseconds)
  until_true 300 has_events 005 "$1" || return
  echo $(($(milliseconds) - first))
}
on_virtual() { # back from the bridge
  local host
  for host in "${machines[@]}"; do end_condor "$host"; done
  take_role alice manager submit
  for host in "${workers[@]}"; do take_role "$host" worker; done
  until_true 90 pool_has alice "${workers[@]}"
}
end_condor() {
  in_machine "$1" sh -c 'pkill -TERM -x condor_master; while pgrep condor_ >/dev/null; do sleep 0.05; done'
}
# The same configuration with each machine's address on the bridge for its virtual one.
ip -n "$internet-internet" link add plain type bridge forward_delay 0 mcast_snooping 0
ip -n "$internet-internet" link set plain up
number=0
declare -A plain_of=()
for host in "${machines[@]}"; do
  number=$((number + 1))
  plain_of[$host]=10.99.0.$number
  ip -n "$internet-internet" link add "plain$number" type veth peer name plain0 netns "$internet-$host"
  ip -n "$internet-internet" link set "plain$number" master plain up
  ip -n "$internet-$host" addr add "${plain_of[$host]}/24" dev plain0
  ip -n "$internet-$host" link set plain0 up
done
on_bridge() {
  local host file edits=()
  for host in "${machines[@]}"; do edits+=(-e "s/\\b$(address_on "$host")\\b/${plain_of[$host]}/g"); done
  for host in "${machines[@]}"; do leave_role "$host"; done
  for host in "${machines[@]}"; do
    end_condor "$host"
    for file in "$(files_of "$host")"/etc/condor/config.d/50-*; do
      sed -i "${edits[@]}" -e 's|10\.128\.0\.0/9|10.99.0.0/24|g' "$file"
    done
    in_machine "$host" condor_master
  done
  on_plain() { (($(in_machine alice condor_status -af MyAddress | grep -cF '<10.99.0.') >= ${#workers[@]})); }
  until_true 90 on_plain
}
for ((round = 0; round < rounds; round++)); do
  say "round $((round + 1)) of $rounds: virtual network"
  run_jobs 8 >/dev/null || fail "no job ran on the virtual network"
  run_jobs 100 >>"$run/virtual" || fail "the jobs on the virtual network did not end"
  say "round $((round + 1)) of $rounds: bridge"
  on_bridge || fail "the pool did not come up on the bridge"
  run_jobs 8 >/dev/null || fail "no job ran on the bridge"
  run_jobs 100 >>"$run/bridge" || fail "the jobs on the bridge did not end"
  on_virtual || fail "the pool did not come back to the virtual network"
done
say ""

# --- the figures --------------------------------------------------------------------------------------------
share() { # FILE PERCENT: the nearest rank, in seconds
  sort -n "$1" | awk -v p="$2" '{ v[NR] = $1 } END { i = int((NR * p + 99) / 100); printf "%.2f", v[i < 1 ? 1 : i] / 1000 }'
}
commit=$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo unknown)
mkdir -p "$(dirname "$output")"
figure() { # METRIC VALUE UNIT LIMIT NOTE
  local met=-
  [[ $4 == - ]] || met=$(awk -v v="$2" -v l="$4" 'BEGIN { print v <= l ? "yes" : "no" }')
  printf '%-22s %8s  %-6s %-8s %-4s %s\n' "$1" "$2" "$3" "$([[ $4 == - ]] && echo - || echo "<= $4")" "$met" "$5"
  jq -nc --arg metric "$1" --argjson value "$2" --arg unit "$3" --arg aim "$4" --arg met "$met" --arg commit "$commit" \
    '{bench: "pool", metric: $metric, value: $value, unit: $unit, aim: (if $aim == "-" then null else "<= " + $aim end),
      met: (if $met == "-" then null else $met == "yes" end), commit: $commit}' >>"$output"
}
printf '%-22s %8s  %-6s %-8s %-4s\n' figure value unit aim met
if ((starts)); then
  figure visible_p50 "$(share "$run/visible" 50)" s - "$starts starts of a worker: ipop-node, ga-condorcfg, HTCondor"
  figure visible_p90 "$(share "$run/visible" 90)" s 10 "$starts starts"
fi
if ((moves)); then
  figure moved_p50 "$(share "$run/moved" 50)" s - "$moves changes of a worker's virtual address"
  figure moved_p90 "$(share "$run/moved" 90)" s 10 "$moves changes"
fi
if ((rounds)); then
  figure jobs_virtual "$(share "$run/virtual" 50)" s - "100 x /bin/true on 4 workers, $rounds rounds"
  figure jobs_bridge "$(share "$run/bridge" 50)" s - "the same pool on a plain bridge, in turns"
  figure jobs_ratio "$(awk -v a="$(share "$run/virtual" 50)" -v b="$(share "$run/bridge" 50)" 'BEGIN { printf "%.2f", a / b }')" \
    times 1.2 ""
fi
((others <= 20)) || echo "other work took $others % of a processor before the first start: the times are too long by that"
