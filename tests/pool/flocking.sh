#!/usr/bin/env bash
# Two groups with a pool each. A submit machine that is a member of both sends jobs to the other pool while its own is
# full, with what one command on each side set up; no other machine of either group may do that.
#
#   relay: both groups, public
#   lab:   anna: manager, worker of one slot, submits -- [home: cone]
#   sea:   bert: manager, worker                      -- [port: cone]         anna has a node in this group too
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

in_sea() { pool_group=sea pool_prefix=10.0.0.0/9 pool_tap=ipop1 "$@"; }
make_internet
make_server relay
make_server harbour
make_site home 192.168.1 cone
make_site port 192.168.2 cone
make_host anna home
make_host bert port
holds "a group lab" make_pool_group relay
holds "a group sea" in_sea make_pool_group harbour
slots_of[anna]=1 slots_of[bert]=1
join_pool anna
in_sea join_pool bert
in_sea join_group anna 4701
take_role anna manager worker submit
in_sea take_role bert manager worker
needs 90 "lab has a pool" pool_has anna anna
sea_has_pool() { in_sea pool_has bert bert; }
needs 90 "sea has a pool" sea_has_pool

user=$(jobs_of anna)
cat >"$user/where.sh" <<'JOB'
#!/bin/sh
hostname
sleep 15
JOB
chmod +x "$user/where.sh"
cat >"$user/where.sub" <<'JOB'
executable = where.sh
output = where.$(Process)
log = where.log
request_cpus = 1
request_memory = 16
request_disk = 4096
should_transfer_files = yes
queue 2
JOB
in_sea in_machine bert ga-condorcfg flock export >"$run/sea.flock" 2>"$run/flock.err"
is "the other pool's manager says what a submit machine needs" 0 $?
cp "$run/sea.flock" "$(files_of anna)/root/sea.flock"
holds "the submit machine takes it in" in_machine anna ga-condorcfg flock accept sea.flock
# What systemctl reload does.
kill -HUP "$(program_on anna ga-condorcfg)"
flocks() { in_machine anna condor_config_val FLOCK_TO | grep -qF "$(in_sea address_on bert)"; }
within 30 "it is among those to whom jobs may go" flocks
within 60 "the own pool stands again" pool_has anna anna
holds "two jobs for one slot" submit anna where.sub
within 150 "both end" has_events anna where.log 5 2
is "one at home, one in the other pool" "anna bert" "$(sort "$user"/where.? | paste -sd' ')"
finish
