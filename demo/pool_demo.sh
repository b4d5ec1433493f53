#!/usr/bin/env bash
# pool_demo.sh BIN - a pool of HTCondor on one machine: six small computers behind three NATs, each with a Debian of its
# own, find each other, take their roles from a file, run 100 jobs, lose a worker and get it back, move the manager.
# `demo.sh --stop` ends one that was kept.
#
# Needs root; builds the Debian (scripts/pool_root) where there is none yet. With KEEP=1 in the environment everything
# stays up at the end. What it shows goes to stdout, what it is doing at the moment to stderr if that is a terminal.
# Exit status: 0 all jobs ended as they should, 1 not so, 2 used wrongly, 4 no permission.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kept=/run/ga-demo
((EUID == 0)) || { echo "demo: network namespaces need root: sudo make demo-pool" >&2; exit 4; }
[[ $# == 1 && -x $1/ipop-node && -x $1/ga-condorcfg ]] || { echo "usage: pool_demo.sh DIRECTORY_OF_THE_PROGRAMS" >&2; exit 2; }
[[ ! -e $kept ]] || { echo "demo: one is still running; end it with: make demo-stop" >&2; exit 1; }
bin=$(cd "$1" && pwd)
root=$("$here/../scripts/pool_root")
# shellcheck source=internet.sh
source "$here/internet.sh"
# shellcheck source=nodes.sh
source "$here/nodes.sh"
# shellcheck source=machines.sh
source "$here/machines.sh"
# shellcheck source=pool.sh
source "$here/pool.sh"
# shellcheck source=screen.sh
source "$here/screen.sh"

machines=(alice bob carol dave erin)
workers=(bob carol dave)
declare -A home_of=([alice]=home [bob]=lab [carol]=office [dave]=home [erin]=lab)
declare -A roles_of=([alice]=manager [bob]=worker [carol]=worker [dave]=worker [erin]='submit')
declare -A overlay_port_of=([alice]=4700 [bob]=4700 [carol]=4700 [dave]=4701 [erin]=4701)
public=relay

run=$(mktemp -d "${TMPDIR:-/tmp}/ga-demo.XXXXXX")
finish() {
  local status=$? host log
  trap '' INT TERM HUP
  set +e
  progress ""
  if ((status != 0)) && [[ -n ${failed_in-} ]]; then
    echo "demo: failed in: $failed_in" >&2
    for host in "$public" "${machines[@]}"; do
      for log in "$run/$host"/{node,condorcfg}.log "$run/$host"/condor/{MasterLog,SchedLog,StartLog}; do
        [[ -s $log ]] && { echo "--- last lines of $log" >&2; tail -n 3 "$log" >&2; }
      done
    done
  fi
  if [[ ${keep_it-} != yes ]]; then
    unmake_internet
    rm -rf "$run"
  fi
  exit "$status"
}
trap finish EXIT
trap 'echo "demo: interrupted, cleaning up" >&2; failed_in=""; exit 130' INT
trap 'failed_in=""; exit 143' TERM HUP

await() { # SECONDS WHAT COMMAND...: asked every 0.2 s
  local limit=$(($(milliseconds) + $1 * 1000)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    (($(milliseconds) < limit)) || { echo "demo: not in time: $what" >&2; return 1; }
    progress "$what"
    sleep 0.2
  done
}

echo "Grid Appliance: a pool of HTCondor on ${#machines[@]} machines behind NATs; each is told its role, and nothing else"
demo_began=$(milliseconds)

# --- machines -----------------------------------------------------------------------------------------------
phase machines
make_internet
make_server "$public"
make_site home 192.168.1 cone
make_site lab 192.168.2 restricted
make_site office 192.168.3 symmetric
for host in "${machines[@]}"; do make_host "$host" "${home_of[$host]}"; done
pack_programs
make_pool_group "$public"
for host in "${machines[@]}"; do
  progress "booting $host"
  join_pool "$host" "${overlay_port_of[$host]}"
done
release=$(in_machine alice sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)
found "${#machines[@]} of $release at 3 sites (home: cone, lab: restricted cone, office: symmetric NAT)"

# --- the pool -----------------------------------------------------------------------------------------------
phase pool
for host in "${machines[@]}"; do
  # shellcheck disable=SC2086  # words
  take_role "$host" ${roles_of[$host]}
done
has_address() { [[ -n $(address_on "$1") ]]; }
for host in "${machines[@]}"; do await 30 "waiting for $host's address" has_address "$host"; done
await 60 "waiting for the workers in condor_status" pool_has alice "${workers[@]}"
submits() { [[ -n $(in_machine alice condor_status -schedd -af Name) ]]; }
await 30 "waiting for the submit machine" submits
version=$(in_machine alice condor_version | awk '{ print $2; exit }')
found "HTCondor $version configured and started by ga-condorcfg; ${#workers[@]} workers of 2 slots are in the pool"
declare -A first_address=() ran=()
for host in "${machines[@]}"; do first_address[$host]=$(address_on "$host"); done

# --- jobs ---------------------------------------------------------------------------------------------------
user=$(files_of erin)/home/user
cat >"$user/job.sh" <<'JOB'
#!/bin/sh
hostname
sleep "$1"
JOB
chmod +x "$user/job.sh"
job() { # NAME SECONDS COUNT [LINE]
  cat >"$user/$1.sub" <<SUB
executable = job.sh
arguments = $2
output = $1.out.\$(Process)
log = $1.log
request_cpus = 1
request_memory = 16
request_disk = 4096
should_transfer_files = yes
${4-}
queue $3
SUB
  chown -R --reference="$user" "$user/."
  as_user erin condor_submit -terse "$1.sub" >/dev/null
}
events() { grep -c "^$2 " "$user/$1.log" 2>/dev/null || true; }
has_events() { (($(events "$1" "$2") >= $3)); }
phase jobs
job batch 0.2 100
jobs_began=$(milliseconds)
until ended=$(events batch 005); ((ended >= 100)); do
  (($(milliseconds) - jobs_began < 300000)) || { echo "demo: $ended of 100 jobs ended in 5 minutes" >&2; exit 1; }
  progress "$ended of 100 jobs have ended"
  sleep 0.2
done
spread=$(cat "$user"/batch.out.* | sort | uniq -c | awk '{ printf "%s%s %d", (NR > 1 ? ", " : ""), $2, $1 }')
found "100 of 100 jobs from erin ended: $spread"

# --- a worker is cut off ------------------------------------------------------------------------------------
phase cut-off
longer_than() { (($(milliseconds) - cut_began > $1)); }
job long 15 1 'requirements = Machine == "carol.ipop"'
await 60 "waiting for a job on carol" has_events long 001 1
cut_began=$(milliseconds) carol_address=$(address_on carol)
cut_off carol
gone() { ! in_host erin ping -q -n -c 1 -W 1 "$carol_address" >/dev/null; }
await 60 "carol is cut off" gone
await 20 "carol is cut off" longer_than 10000
bring_back carol
away=$(($(milliseconds) - cut_began))
await 90 "carol is back; waiting for her job" has_events long 005 1
found "carol was cut off for $(seconds "$away") s with a job running; it went on and ended, started $(events long 001) time"

# --- the manager moves --------------------------------------------------------------------------------------
phase manager
leave_role alice
leave_role dave
take_role dave manager worker
await 90 "alice stopped being manager; dave is to be" pool_has dave "${workers[@]}"
job moved 0.2 6
await 90 "6 jobs in the moved pool" has_events moved 005 6
found "moved from alice to dave: ${#workers[@]} workers followed, and 6 of 6 jobs ended"

failed_in=""
echo
printf '%-8s %-8s %-16s %-18s %-18s %s\n' machine site NAT 'role at first' 'virtual address' 'of the 100 jobs'
for host in "${machines[@]}"; do
  ran[$host]=$(cat "$user"/batch.out.* | grep -cx "$host") || true
  printf '%-8s %-8s %-16s %-18s %-18s %s\n' "$host" "${home_of[$host]}" "${nat_of[${home_of[$host]}]}" "${roles_of[$host]}" \
    "${first_address[$host]}" "${ran[$host]}"
done
echo
echo "condor_status on erin, whose manager is dave:"
in_machine erin condor_status -af:h Machine OpSysShortName TotalSlotCpus State Activity
echo
echo "Everything took $(seconds $(($(milliseconds) - demo_began))) s"

if [[ ${KEEP-} == 1 ]]; then
  keep_it=yes
  printf '%s\n' "$internet" "$run" "${namespaces[*]}" >"$kept"
  cat <<TEXT

It stays up. Enter a machine:   nsenter -t ${machine_pid[erin]} -n -m -u -p bash     (this is erin; condor_q, condor_status)
Read what it logs:              $run/erin/condorcfg.log, $run/erin/condor/
End it:                         make demo-stop
TEXT
fi
