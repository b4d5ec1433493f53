#!/usr/bin/env bash
# The life of a pool behind NATs, from its start to the last change of its manager: roles from files, jobs, a job that
# keeps checkpoints, a graph of jobs, a worker that is cut off, one whose address changes, one that loses its lease.
#
#   alice: manager -- [home: cone] ---- internet ---- [lab: restricted cone] -- bob: worker, dave: submits
#                                         |   '------ [office: symmetric] ----- carol: worker
#                                       relay
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

machines=(alice bob carol dave)
make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 restricted
make_site office 192.168.3 symmetric
make_host alice home
make_host bob lab
make_host carol office
make_host dave lab

# --- the pool comes up --------------------------------------------------------------------------------------
holds "a closed group" make_pool_group relay
for host in "${machines[@]}"; do
  [[ $host == dave ]] && port=4701 || port=4700
  join_pool "$host" "$port"
done
take_role alice manager
take_role bob worker
take_role carol worker
take_role dave submit
needs 90 "both workers are in the pool" pool_has alice bob carol
submits() { [[ -n $(in_machine alice condor_status -schedd -af Name) ]]; }
needs 30 "the submit machine is" submits

# --- what is open -------------------------------------------------------------------------------------------
setting() { in_machine "$1" condor_config_val "$2"; }
for host in "${machines[@]}"; do
  is "$host: daemons listen on one port" 9618 \
    "$(in_host "$host" ss -Hltn | awk '{ sub(/.*:/, "", $4); print $4 }' | sort -u | paste -sd' ')"
done
is "no IPv6 is advertised" "" "$(in_machine alice condor_status -any -af MyAddress | grep -F '[')"
is "nor an address of the physical network" "" \
  "$(in_machine alice condor_status -any -af MyAddress | grep -E '192\.168|203\.0\.113')"
for level in READ WRITE DAEMON ADMINISTRATOR NEGOTIATOR ADVERTISE_STARTD; do
  holds "ALLOW_$level is not open to everybody" test "$(setting carol "ALLOW_$level")" != '*'
done
is "authentication is required" required "$(setting carol SEC_DEFAULT_AUTHENTICATION | tr '[:upper:]' '[:lower:]')"
is "encryption is required" required "$(setting carol SEC_DEFAULT_ENCRYPTION | tr '[:upper:]' '[:lower:]')"
is "a job's lease is two hours" 7200 "$(setting dave JOB_DEFAULT_LEASE_DURATION)"
in_machine dave condor_off -daemon startd -addr "<$(address_on carol):9618>" >"$run/off" 2>&1
within 10 "a member does not switch off another one's daemons" pool_has alice bob carol

# --- jobs ---------------------------------------------------------------------------------------------------
user=$(jobs_of dave)
cat >"$user/where.sh" <<'JOB'
#!/bin/sh
echo "$(hostname) $(id -un)"
sleep 1
JOB
# Counts to 6, a second each; after every step it ends with 85, "checkpoint taken", and is started again.
cat >"$user/steps.sh" <<'JOB'
#!/bin/sh
step=0
[ ! -f state ] || read -r step <state
[ "$step" -lt 6 ] || exit 0
sleep 1
step=$((step + 1))
echo "$step" >state
echo "$(hostname) $step" >>history
exit 85
JOB
cat >"$user/letter.sh" <<'JOB'
#!/bin/sh
cat "$@" >read
{ cat read; echo "$OUT"; } | sort -u >"$OUT"
JOB
chmod +x "$user"/*.sh
common='request_cpus = 1
request_memory = 16
request_disk = 4096
should_transfer_files = yes'
cat >"$user/where.sub" <<JOB
executable = where.sh
output = where.\$(Process)
log = where.log
$common
queue 8
JOB
cat >"$user/steps.sub" <<JOB
executable = steps.sh
checkpoint_exit_code = 85
transfer_checkpoint_files = state, history
transfer_output_files = history
when_to_transfer_output = ON_EXIT_OR_EVICT
log = steps.log
$common
queue
JOB
for node in A B C D; do
  case $node in A) input='' ;; B | C) input=A.out ;; D) input='B.out, C.out' ;; esac
  cat >"$user/$node.sub" <<JOB
executable = letter.sh
arguments = "${input//,/}"
transfer_input_files = $input
environment = "OUT=$node.out"
transfer_output_files = $node.out
log = nodes.log
$common
queue
JOB
done
sed -i '/^arguments = ""/d; /^transfer_input_files = $/d' "$user/A.sub"
sed -i 's|^executable.*|executable = first.sh|' "$user/A.sub"
printf '#!/bin/sh\necho A >A.out\n' >"$user/first.sh"
chmod +x "$user/first.sh"
cat >"$user/diamond.dag" <<'DAG'
JOB A A.sub
JOB B B.sub
JOB C C.sub
JOB D D.sub
PARENT A CHILD B C
PARENT B C CHILD D
DAG

holds "a job that takes checkpoints is submitted" submit dave steps.sub
holds "eight jobs are submitted" submit dave where.sub
needs 60 "all eight end" has_events dave where.log 5 8
is "they ran on both workers, as nobody" "bob nobody carol nobody" "$(sort -u "$user"/where.? | paste -sd' ')"

# --- a checkpoint -------------------------------------------------------------------------------------------
within 30 "the job has taken a checkpoint" has_events dave steps.log 36 1
where_it_runs() { as_user dave condor_q -af RemoteHost | sed -n 's/.*@\(.*\)\.ipop$/\1/p' | head -n 1; }
first=$(where_it_runs)
holds "it is evicted" as_user dave condor_vacate_job -fast -all
holds "a graph of jobs is submitted" as_user dave condor_submit_dag -update_submit diamond.dag
within 60 "the job ends" has_events dave steps.log 5 1
is "it went through every step once" "1 2 3 4 5 6" "$(awk '{ print $2 }' "$user/history" 2>/dev/null | paste -sd' ')"
within 90 "the graph ends" grep -qs 'EXITING WITH STATUS 0' "$user/diamond.dag.dagman.out"
is "each of its jobs saw what came before it" "A B C D" "$(paste -sd' ' "$user/D.out" 2>/dev/null)"

# --- a worker is cut off ------------------------------------------------------------------------------------
cat >"$user/long.sub" <<JOB
executable = /bin/sleep
transfer_executable = false
arguments = 20
requirements = Machine == "bob.ipop"
log = long.log
$common
queue
JOB
holds "a job for bob is submitted" submit dave long.sub
within 60 "it runs" has_events dave long.log 1 1
cut_off bob
# What TCP would find out in minutes.
in_host dave ss -K dst "$(address_on bob)" >/dev/null 2>&1
within 60 "the submit machine notices that bob is gone" has_events dave long.log 22 1
bring_back bob
within 60 "bob is back, the job with him" has_events dave long.log 23 1
within 60 "it ends" has_events dave long.log 5 1
is "it was started once" 1 "$(events dave long.log 1)"

# --- an address changes -------------------------------------------------------------------------------------
before=$(address_on carol)
stop_member carol
state=$(files_of carol)/var/lib/ipop/$pool_group/state.json
jq 'del(.address)' "$state" >"$run/state.json"
cp "$run/state.json" "$state"
start_member carol
another() { [[ -n $(address_on carol) && $(address_on carol) != "$before" ]]; }
within 30 "carol's node holds another address" another
within 60 "she is in the pool with it" pool_has alice carol

# --- a lease is lost ----------------------------------------------------------------------------------------
stop_member bob
stopped() { [[ -z $(in_machine bob pgrep -x condor_master) ]]; }
within 60 "without an address bob's HTCondor stops" stopped
is "in good order" "" "$(grep -h 'ERROR' "$run/bob/condor/MasterLog" "$run/bob/condor/StartLog")"
start_member bob
within 60 "with it bob is back in the pool" pool_has alice bob

# --- the manager moves --------------------------------------------------------------------------------------
leave_role alice
take_role alice submit
leave_role dave
take_role dave manager submit
within 90 "the workers follow the manager to another machine" pool_has dave bob carol
sed -i 's/^queue.*/queue 2/; s/^log.*/log = moved.log/' "$user/where.sub"
holds "jobs are submitted there" submit dave where.sub
within 60 "they run" has_events dave moved.log 5 2
finish
