#!/usr/bin/env bash
# Two groups with a pool each. A submit machine that is a member of both sends jobs to the other pool while its own is
# full, with what one command on each side set up; and what `ga-condorcfg validate` says of its pool is true.
#
#   relay:   lab's bootstrap        harbour: sea's
#   lab:     anna: manager, worker of one slot; dora: submits -- [home: cone]     carl: worker -- [farm: restricted]
#   sea:     bert: manager, worker -- [port: cone]                                dora has a node in this group too
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

in_sea() { pool_group=sea pool_prefix=10.0.0.0/9 pool_tap=ipop1 "$@"; }
make_internet
make_server relay
make_server harbour
make_site home 192.168.1 cone
make_site port 192.168.2 cone
make_site farm 192.168.3 restricted
make_host anna home
make_host dora home
make_host bert port
make_host carl farm
holds "a group lab" make_pool_group relay
holds "a group sea" in_sea make_pool_group harbour
slots_of[anna]=1
join_pool anna
join_pool carl
in_sea join_pool bert
join_pool dora 4701
in_sea join_group dora 4702
take_role anna manager worker
take_role carl worker
take_role dora submit
in_sea take_role bert manager worker
needs 90 "lab has a pool" pool_has anna anna carl
sea_has_pool() { in_sea pool_has bert bert; }
needs 90 "sea has a pool" sea_has_pool

submits() { [[ -n $(in_machine anna condor_status -schedd -af Name) ]]; }
needs 30 "its submit machine is there" submits

# --- another group's pool -----------------------------------------------------------------------------------
user=$(jobs_of dora)
validate() { as_user dora ga-condorcfg validate --timeout 240s "$@" </dev/null 2>"$run/dora/validate.log"; }
rows() { jq -r '.tests[] | "\(.test) \(.result)"' "$run/rows" | paste -sd' '; }
validate --only flock --only absence --json >"$run/rows"
is "what can't be tested is no failure" 0 $?
is "and is named" "absence not run flock not run" "$(rows)"
in_sea in_machine bert ga-condorcfg flock export >"$run/sea.flock" 2>"$run/flock.err"
is "the other pool's manager says what a submit machine needs" 0 $?
cp "$run/sea.flock" "$(files_of dora)/root/sea.flock"
holds "the submit machine takes it in" in_machine dora ga-condorcfg flock accept sea.flock
called_through() { in_machine anna condor_status -schedd -af MyAddress | grep -qF "CCBID=$(in_sea address_on bert):"; }
needs 30 "it can be called through the other manager" called_through
for level in READ WRITE DAEMON ADMINISTRATOR NEGOTIATOR ADVERTISE_STARTD ADVERTISE_SCHEDD; do
  holds "ALLOW_$level is not open to everybody" test "$(in_machine bert condor_config_val "ALLOW_$level")" != '*'
done
# What a guest may not: be a worker there, or end a daemon.
in_machine dora condor_off -daemon startd -addr "<$(in_sea address_on bert):9618>" >"$run/off" 2>&1
within 10 "a guest does not switch off its host's daemons" sea_has_pool

guest_advertises() { # COMMAND TYPE NAME
  in_machine dora sh -c 'printf "%s\n" "MyType = \"$2\"" "Name = \"$3\"" "Machine = \"$3\"" >ad &&
    condor_advertise -pool "$4" "$1" ad' sh "$@" "$(in_sea address_on bert)" >>"$run/dora/advertise.log" 2>&1
}
in_sea_is() { in_sea in_machine bert condor_status -any -af Name | grep -qx "$1"; }
guest_advertises UPDATE_STARTD_AD Machine ghost
holds "a guest may advertise a queue" guest_advertises UPDATE_SCHEDD_AD Scheduler visitor
within 10 "and it is seen" in_sea_is visitor
holds "but no worker" eval '! in_sea_is ghost'

# --- the table ----------------------------------------------------------------------------------------------
cat >"$user/cable.sh" <<'HOOK'
#!/bin/sh
# cable.sh WISH: asks the test outside, and waits until it is done.
rm -f done
echo "$1" >wish.new && mv wish.new wish
for _ in $(seq 300); do
  [ ! -e done ] || exit 0
  sleep 0.1
done
exit 1
HOOK
chmod +x "$user/cable.sh"
chown -R --reference="$user" "$user/."
cable_man() {
  while [[ -d $user ]]; do
    if [[ -e $user/wish ]]; then
      "$(<"$user/wish")" carl
      rm -f "$user/wish"
      : >"$user/done"
    fi
    sleep 0.1
  done
}
cable_man >"$run/dora/cable.log" 2>&1 &
cable_man=$!
disown
validate --json --worker carl.ipop --away 5s --cut-off './cable.sh cut_off' --bring-back './cable.sh bring_back' \
  >"$run/rows"
status=$?
kill "$cable_man"
is "every test of the pool passes" 0 "$status"
is "all of them" "jobs passed dag passed checkpoint passed absence passed flock passed" "$(rows)"
jq -c '.tests[]' "$run/rows" | sed 's/^/# /'
is "a job ran in the other pool" "$(in_sea address_on bert)" \
  "$(jq -r '.tests[] | select(.test == "flock").detail' "$run/rows" | sed 's/.* //')"
is "the folder of the jobs is gone" "" "$(find "$user" -maxdepth 1 -name 'ga-validate-*')"

# --- a pool that fails --------------------------------------------------------------------------------------
holds "lab's worker leaves" leave_role carl
as_user dora ga-condorcfg validate --only absence --timeout 30min --worker nobody.ipop --cut-off true \
  --bring-back true </dev/null >"$run/rows" 2>&1
is "a test whose job no worker can run is exit 1, long before its time is over" 1 $?
holds "and its row says so" grep -qE '^absence *FAILED.*no worker can run the job: ([0-9]+) of \1 slots do not meet' "$run/rows"
holds "lab's manager leaves" leave_role anna
as_user dora ga-condorcfg validate --timeout 30min </dev/null >"$run/rows" 2>&1
is "a pool without a manager is exit 1 at once" 1 $?
holds "the line says so" grep -q "the pool's manager does not answer" "$run/rows"
is "and no test ran" 5 "$(grep -c 'not run' "$run/rows")"
finish
