#!/usr/bin/env bash
# Workers that go in every way while they run a job of the same machine, which then runs elsewhere: one loses its power
# and comes back, one is revoked, one gets another address, one is killed for good, and one is declared gone by hand.
# And two without a job, of whom no submit machine knows: one is killed, and one says nothing for two updates.
#
#   alice: manager, submits, worker -- [home: cone] -- internet -- [lab: cone] -- bob, carol, dave, erin, frank: workers
#                                         relay ----------'                     greg, harry: workers without a job
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

lost=(bob carol dave erin frank) idle=(greg harry)
make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_host alice home
for host in "${lost[@]}" "${idle[@]}"; do make_host "$host" lab; done
holds "a closed group" make_pool_group relay
join_pool alice
port=4700
for host in "${lost[@]}" "${idle[@]}"; do
  join_pool "$host" "$port"
  port=$((port + 1))
  slots_of[$host]=1
done
slots_of[alice]=8
lines_of[alice]='keep_alive_minutes = 1'
take_role alice manager worker submit
for host in "${lost[@]}" "${idle[@]}"; do take_role "$host" worker; done
needs 120 "all workers are in the pool" pool_has alice alice "${lost[@]}" "${idle[@]}"

user=$(jobs_of alice)
for host in "${lost[@]}"; do
  # First there, and then on the one worker that stays.
  cat >"$user/$host.sub" <<JOB
executable = /bin/sleep
transfer_executable = false
arguments = 3600
requirements = ifThenElse((NumShadowStarts ?: 0) == 0, Machine == "$host.ipop", Machine == "alice.ipop")
log = $host.log
request_cpus = 1
request_memory = 16
request_disk = 4096
should_transfer_files = yes
queue
JOB
  holds "a job for $host is submitted" submit alice "$host.sub"
done
all_run() { local host; for host in "${lost[@]}"; do has_events alice "$host.log" 1 1 || return; done; }
needs 60 "each runs there" all_run
address_of_dave=$(address_on dave)

# --- they go ------------------------------------------------------------------------------------------------
is "a worker that runs none of this machine's jobs has none to be freed" 1 \
  "$(in_machine alice ga-condorcfg gone nobody >"$run/gone" 2>&1; echo $?)"
cut_off erin
in_machine alice ga-condorcfg gone erin >"$run/gone" 2>"$run/gone.err"
is "a worker is declared gone" 0 $?
is "that names its job" "$(in_machine alice condor_q -all -constraint 'regexp("erin", UserLog)' -af:j Owner | cut -d' ' -f1)" \
  "$(<"$run/gone")"

cp -a "$(files_of bob)/var/lib/ipop" "$run/bob/state"
kill -KILL "${machine_pid[bob]}"
kill -KILL "${machine_pid[frank]}"
kill -KILL "${machine_pid[greg]}"
greg_died=$(milliseconds)
startd_of_harry=$(in_machine harry pgrep -x condor_startd)
holds "harry's worker stands still" in_machine harry kill -STOP "$startd_of_harry"
certificate_of --socket "$(files_of alice)/run/ipop/$pool_group.sock" revoke --user carol >"$run/revoke.log" 2>&1
is "carol is revoked" 0 $?
forget_address dave

# The same machine, as it is after a boot.
boot_machine bob
cp -a "$run/bob/state/." "$(files_of bob)/var/lib/ipop/"
printf 'search ipop\nnameserver %s\noptions timeout:2 attempts:2\n' "${pool_prefix%.*}.1" \
  >"$(files_of bob)/etc/resolv.conf"
mkdir -p "$(files_of bob)/run/ipop" "$(files_of bob)/etc/ga"
cp "$run/groups/$pool_group.toml" "$(files_of bob)/etc/ipop/"
start_member bob
take_role bob worker

# --- those without a job --------------------------------------------------------------------------------------
# How long nothing was heard of a worker, by the manager's clock; empty when it is not in the pool.
silence() { in_machine alice condor_status -constraint "Machine == \"$1.ipop\" && SlotID == 1" -af 'time() - LastHeardFrom' | head -n 1; }
silent_for() { (($(silence "$1") >= $2)); }
heard() { local seconds; seconds=$(silence "$1"); [[ $seconds ]] && ((seconds < 30)); }
left_pool() { # as a manager says who answers
  local seen
  seen=$(in_machine alice condor_status -af Machine) && grep -qx alice.ipop <<<"$seen" && ! grep -qx "$1.ipop" <<<"$seen"
}
within 90 "two updates of harry are missing" silent_for harry 42
holds "he is still in the pool" eval '! left_pool harry'
in_machine harry kill -CONT "$startd_of_harry"
within 40 "and is heard again" heard harry
within 120 "a dead worker without a job leaves the pool" left_pool greg
echo "# greg drew jobs for $((($(milliseconds) - greg_died) / 1000)) s at the most"

# --- their jobs ---------------------------------------------------------------------------------------------
again() { has_events alice "$1.log" 1 2; }
for host in erin bob carol dave frank; do
  within 150 "the job of $host runs elsewhere" again "$host"
done
reason() { sed -n "s/.*worker=$1.ipop.* reason=//p" "$run/alice/condorcfg.log" | tr -d '"' | head -n 1; }
is "bob's is freed since HTCondor began again there" "HTCondor began again there" "$(reason bob)"
is "carol's since nobody holds her address any more" "nobody holds its address any more" "$(reason carol)"
holds "dave's since he is elsewhere" grep -q "its machine is at $(address_on dave) by now" <<<"$(reason dave)"
holds "dave has another address" test "$(address_on dave)" != "$address_of_dave"
is "frank's since he is silent" "silent for 1 min" "$(reason frank)"
is "erin's because somebody said so" "" "$(reason erin)"
is "each began twice, and no more" "2 2 2 2 2" \
  "$(for host in "${lost[@]}"; do events alice "$host.log" 1; done | paste -sd' ')"
sed -n 's/^\(.*a job.s worker is gone.*\)/# \1/p' "$run/alice/condorcfg.log"
finish
