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
# Parallel jobs are one submit machine's; this is what its manual asks of a worker.
for host in bob carol; do
  cat >"$(files_of "$host")/etc/condor/config.d/60-test" <<'CONFIG'
DedicatedScheduler = "DedicatedScheduler@dave.ipop"
STARTD_ATTRS = $(STARTD_ATTRS), DedicatedScheduler
CONFIG
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
# A collector and a schedd have ports of their own too, which ga-firewall leaves shut to the physical network.
for host in bob carol; do
  ports=$(in_host "$host" ss -Hltn | awk '{ sub(/.*:/, "", $4); print $4 }' | sort -u | paste -sd' ')
  # The other one is the node's, for names over TCP.
  holds "$host: HTCondor's daemons listen on one port" test "$(wc -w <<<"$ports")" -le 2
  holds "$host: which is the shared one" grep -qw 9618 <<<"$ports"
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

cat >"$(jobs_of dave)/ghost.ad" <<'AD'
MyType = "Machine"
Name = "ghost"
Machine = "ghost"
AD
advertises() { # WHO: tells the manager of a worker
  "$1" dave condor_advertise UPDATE_STARTD_AD /home/user/ghost.ad >>"$run/dave/advertise.log" 2>&1
}
ghost() { in_machine alice condor_status -any -af Name | grep -qx ghost; }
holds "who has no certificate advertises no worker" eval '! advertises as_user'
is "and none is seen" "" "$(in_machine alice condor_status -any -af Name | grep -x ghost)"
holds "with the machine's certificate it is taken" advertises in_machine
within 10 "and seen" ghost

# --- jobs ---------------------------------------------------------------------------------------------------
user=$(jobs_of dave)
cat >"$user/where.sh" <<'JOB'
#!/bin/sh
echo "$(hostname) $(id -un)"
sleep 1
JOB
# Counts to 12; after every step it ends with 85, "checkpoint taken", and is started again where its files are.
cat >"$user/steps.sh" <<'JOB'
#!/bin/sh
step=0
[ ! -f state ] || read -r step <state
[ "$step" -lt 12 ] || exit 0
sleep 1
step=$((step + 1))
echo "$step" >state
echo "$(hostname) $step" >>history
exit 85
JOB
cat >"$user/letter.sh" <<'JOB'
#!/bin/sh
cat "$@" >read
{ cat read; echo "${OUT%.out}"; } | sort -u >"$OUT"
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
CONFIG diamond.config
JOB A A.sub
JOB B B.sub
JOB C C.sub
JOB D D.sub
PARENT A CHILD B C
PARENT B C CHILD D
DAG

echo 'DAGMAN_USER_LOG_SCAN_INTERVAL = 1' >"$user/diamond.config"

holds "eight jobs are submitted" submit dave where.sub
needs 60 "all eight end" has_events dave where.log 5 8
is "they ran on both workers, as accounts of their slots" "bob ga-slot carol ga-slot" \
  "$(sed 's/ga-slot[12]$/ga-slot/' "$user"/where.? | sort -u | paste -sd' ')"

# --- two users on one worker --------------------------------------------------------------------------------
in_machine dave useradd --create-home mallory
as_mallory() {
  in_machine dave setpriv --reuid mallory --regid mallory --init-groups env HOME=/home/mallory USER=mallory \
    sh -c 'cd && exec "$@"' sh "$@"
}
cat >"$user/victim.sh" <<'JOB'
#!/bin/sh
echo gold >secret
for i in $(seq 600); do [ ! -e enough ] || exit 0; sleep 0.2; done
exit 0
JOB
other=$(files_of dave)/home/mallory
cat >"$other/thief.sh" <<'JOB'
#!/bin/sh
id -un
find / -xdev -name secret -exec cat {} + 2>/dev/null
ls /var/lib/condor/execute/*/secret 2>/dev/null
ps -e -o args | grep '[v]ictim'
kill -KILL -1
touch /var/lib/condor/execute/*/enough 2>/dev/null
exit 0
JOB
chmod +x "$user/victim.sh" "$other/thief.sh"
on_carol="requirements = Machine == \"carol.ipop\"
$common
queue"
printf 'executable = victim.sh\nlog = victim.log\noutput = victim.out\n%s\n' "$on_carol" >"$user/victim.sub"
printf 'executable = thief.sh\nlog = thief.log\noutput = thief.out\n%s\n' "$on_carol" >"$other/thief.sub"
chown -R --reference="$other" "$other/."
victim=$(submit dave victim.sub)
within 60 "S29: somebody's job runs on carol" has_events dave victim.log 1 1
gets_shell() { account=$(as_user dave condor_ssh_to_job "${victim%% *}" id -un 2>"$run/dave/ssh_to_job.log") && [[ $account == ga-slot[12] ]]; }
within 20 "S29: he gets a shell beside his job, as the job's account" gets_shell
holds "S29: another user's job comes to the same worker" as_mallory condor_submit -terse thief.sub
thief_ended() { grep -q '^005 ' "$other/thief.log"; }
within 60 "S29: it ends" thief_ended
thief=$(<"$other/thief.out")
holds "S29: it was an account, read no file and saw no process of the first" grep -qx 'ga-slot[12]' <<<"$thief"
holds "S29: another account" test "$thief" != "$account"
is "S29: which goes on" "1 0 0" "$(events dave victim.log 1) $(events dave victim.log 4) $(events dave victim.log 5)"
as_user dave condor_rm "${victim%% *}" >"$run/dave/rm.log" 2>&1
is "an interactive job gives a shell on a worker" ga-slot \
  "$(as_user dave condor_submit -i -a 'request_memory = 16' -a 'request_disk = 4096' <<<'id -un' \
    2>"$run/dave/interactive.log" | grep -o 'ga-slot' | head -n 1)"

# --- a parallel job -----------------------------------------------------------------------------------------
cat >"$user/both.sub" <<JOB
universe = parallel
machine_count = 2
executable = where.sh
output = both.\$(Node)
log = both.log
# Not over when its first node is.
+ParallelShutdownPolicy = "WAIT_FOR_ALL"
requirements = True
$common
queue
JOB
holds "a job of two nodes is submitted" submit dave both.sub
within 120 "it ends" has_events dave both.log 5 1
both_ran() { [[ $(cat "$user"/both.? | grep -c ga-slot) == 2 ]]; }
within 30 "both nodes ran" both_ran

# --- a checkpoint -------------------------------------------------------------------------------------------
steps=$(submit dave steps.sub)
holds "a job that takes checkpoints is submitted" test -n "$steps"
# Two events (040) of files that came, two of each checkpoint.
within 30 "the job has taken a checkpoint" has_events dave steps.log 40 4
# A vacate that comes between two of its runs finds nothing to stop.
evicted() { as_user dave condor_vacate_job -fast "${steps%%.*}" || has_events dave steps.log 4 1; }
within 10 "it is evicted" evicted
holds "a graph of jobs is submitted" as_user dave condor_submit_dag -update_submit diamond.dag
within 60 "the job ends" has_events dave steps.log 5 1
is "it went through every step once" "$(seq 12 | paste -sd' ')" \
  "$(awk '{ print $2 }' "$user/history" 2>/dev/null | paste -sd' ')"
holds "and was started again" has_events dave steps.log 1 2
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
away=$(address_on bob) bob_id=$(ask_node bob status --json | jq -r .id)
is_linked() { ask_node alice peers --json | grep -qF "$bob_id"; }
within 10 "alice is linked with bob" is_linked
cut_off bob
gone() { ! in_host dave ping -q -n -c 1 -W 1 "$away"; }
within 30 "bob is cut off" gone
given_up() { ! is_linked; }
within 60 "she has given him up" given_up
bring_back bob
within 60 "bob is back; the job ends" has_events dave long.log 5 1
is "it was started once" 1 "$(events dave long.log 1)"

# --- an address changes -------------------------------------------------------------------------------------
before=$(address_on carol)
forget_address carol
another() { [[ -n $(address_on carol) && $(address_on carol) != "$before" ]]; }
within 30 "carol's node holds another address" another
within 60 "she is in the pool with it" pool_has alice carol

# --- a lease is lost ----------------------------------------------------------------------------------------
stop_member bob
stopped() { [[ -z $(in_machine bob pgrep -x condor_master) ]]; }
within 60 "without an address bob's HTCondor stops" stopped
is "in good order" "" "$(grep -h 'ERROR "' "$run/bob/condor/MasterLog" "$run/bob/condor/StartLog")"
start_member bob
within 60 "with it bob is back in the pool" pool_has alice bob

# --- the manager moves --------------------------------------------------------------------------------------
prio() { # HOST: of a user, as the manager of that machine knows it: factor, and whether there was usage
  in_machine "$1" condor_userprio -negotiator -allusers -af:t Name PriorityFactor WeightedAccumulatedUsage |
    awk -v user="$2" '$1 == user { print $2 + 0, ($3 > 0 ? "used" : "unused") }'
}
has_prio() { [[ $(prio "$1" "$2") == "$3" ]]; }
erin=user@$(setting alice UID_DOMAIN)
holds "the manager lets a user wait less than others" in_machine alice condor_userprio -setfactor "$erin" 10
is "who has run jobs" "10 used" "$(prio alice "$erin")"
# Which it does as it starts, and every five minutes.
copy=etc/condor/grid-appliance/priorities
within 30 "the users' priorities are kept by a worker" grep -q "^$erin" "$(files_of carol)/$copy"
copy=$(files_of dave)/$copy
holds "and by hand at any time" in_machine dave ga-condorcfg priorities
is "with what the manager was told" "10" "$(awk -v user="$erin" '$1 == user { print $3 + 0 }' "$copy")"
leave_role alice
take_role alice submit
leave_role dave
take_role dave manager submit
within 90 "the workers follow the manager to another machine" pool_has dave bob carol
within 120 "the users' priorities came along" has_prio dave "$erin" "10 used"
within 10 "and are brought in once" test ! -e "$copy"
sed -i 's/^queue.*/queue 2/; s/^log.*/log = moved.log/' "$user/where.sub"
holds "jobs are submitted there" submit dave where.sub
within 60 "they run" has_events dave moved.log 5 2
finish
