#!/usr/bin/env bash
# A pool with two managers, of which one dies without a word: the workers follow the other one, a job that runs goes on,
# and new ones find their machines. Meanwhile somebody comes back to a desktop and the job there waits; and a worker
# whose owner's jobs come first puts them first.
#
#   anna: manager -- [home: cone] ------- internet ------- [farm: restricted cone] -- carl: worker of one slot, submits
#                         relay -----------' '------------ [desk: cone] -- bert: manager, dirk: desktop, submits
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site farm 192.168.2 restricted
make_site desk 192.168.3 cone
make_host anna home
make_host bert desk
make_host carl farm
make_host dirk desk
holds "a closed group" make_pool_group relay
for host in anna bert carl; do join_pool "$host"; done
join_pool dirk 4701

# --- two managers -------------------------------------------------------------------------------------------
take_role anna manager
announced() { [[ $(ask_node anna dht get condor-manager) == *"$(address_on "$1")"* ]]; }
needs 90 "anna announces herself" announced anna
# Of two that began in the same second, the node ids choose.
began() { ask_node anna dht get condor-manager | sed -n 's/.*condor-manager 1 anna [0-9.]* \([0-9]*\) .*/\1/p'; }
is_older() { (($(date +%s) > $(began))); }
needs 10 "she is older than who comes next" is_older
take_role bert manager
needs 60 "bert announces himself" announced bert
lines_of[carl]='single_manager = true'
take_role carl worker submit
says() { grep -qE "$2" "$run/$1/condorcfg.log"; }
within 30 "who is to have a single manager is told of both" says carl 'single manager, but there are anna .* and bert '
is "and runs nothing" "" "$(in_machine carl pgrep condor_)"
leave_role carl

slots_of[carl]=1 lines_of[carl]='own_jobs_first = true'
slots_of[dirk]=1 lines_of[dirk]='policy = "desktop"'
# A desktop's times are minutes, and what else this computer does is no work of dirk's.
cat >"$(files_of dirk)/etc/condor/config.d/60-test" <<'CONFIG'
StartIdleTime = 2
ContinueIdleTime = 10
KeyboardBusy = (KeyboardIdle < 10)
BackgroundLoad = 1000
HighLoad = 2000
POLLING_INTERVAL = 1
UPDATE_INTERVAL = 5
CONFIG
take_role carl worker submit
take_role dirk worker submit
needs 90 "both workers follow the oldest" pool_has anna carl dirk
submit_machines() { [[ $(in_machine anna condor_status -schedd -af Machine | sort | paste -sd' ') == "carl.ipop dirk.ipop" ]]; }
needs 30 "so do the submit machines" submit_machines
is "the other one has none" "" "$(in_machine bert condor_status -af Machine)"

# --- one dies -----------------------------------------------------------------------------------------------
job() { # HOST NAME MACHINE SECONDS
  cat >"$(jobs_of "$1")/$2.sub" <<JOB
executable = /bin/sleep
transfer_executable = false
arguments = $4
requirements = Machine == "$3.ipop"
log = $2.log
request_cpus = 1
request_memory = 16
request_disk = 4096
should_transfer_files = yes
queue
JOB
  submit "$1" "$2.sub"
}
nobody_types() {
  (($(in_machine anna condor_status -constraint 'Machine == "dirk.ipop"' -af KeyboardIdle) > 2))
}
within 30 "nobody is at dirk's desktop" nobody_types
holds "a job for dirk's desktop is submitted" job carl desk dirk 20
within 60 "it runs" has_events carl desk.log 1 1
kill -KILL "${machine_pid[anna]}"

# --- a desktop ----------------------------------------------------------------------------------------------
# A terminal in which somebody types.
: >"$run/typing"
while [[ -e $run/typing ]]; do echo && sleep 1; done |
  in_machine dirk script -q -c 'cat >/dev/null' /dev/null >"$run/dirk/terminal.log" 2>&1 &
disown
within 30 "somebody types at dirk's: the job waits" has_events carl desk.log 10 1
rm "$run/typing"
within 60 "nobody does any more: it goes on" has_events carl desk.log 11 1
within 60 "and ends" has_events carl desk.log 5 1
is "it was started once" 1 "$(events carl desk.log 1)"

# --- the other one ------------------------------------------------------------------------------------------
within 120 "the workers follow the manager that is left" pool_has bert carl dirk
is "none of them was started again" "1 1" \
  "$(grep -hc 'HTCondor starts' "$run"/{carl,dirk}/condorcfg.log | paste -sd' ')"

# --- own jobs first -----------------------------------------------------------------------------------------
holds "dirk submits a job for carl's machine" job dirk guest carl 600
within 60 "it runs" has_events dirk guest.log 1 1
holds "carl submits one himself" job carl own carl 0
within 60 "his own ends first" has_events carl own.log 5 1
holds "the other one had to leave" has_events dirk guest.log 4 1
# Idle, or running once more; not held.
stays() { [[ $(as_user dirk condor_q -af JobStatus) == [12] ]]; }
holds "but stays in the queue" stays
finish
