#!/usr/bin/env bash
# Jobs from a machine that has no queue: with a token that the submit machine's administrator made for an account there
# a user of any member machine submits, looks, and fetches the output; without one nobody does, the machine's root
# included. GA_GROUP_KIND=open takes a group without certificates (remote_submit_open.sh).
#
#   alice: manager, submits, worker -- [home: cone] -- internet -- [lab: cone] -- bob: worker
#                                       relay, harbour ---'
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_host alice home
make_host bob lab
case ${GA_GROUP_KIND:-closed} in
  closed) holds "a closed group" make_pool_group relay ;;
  open) holds "an open group" make_open_group relay ;;
esac
join_pool alice
join_pool bob
take_role alice manager submit worker
take_role bob worker
needs 120 "both workers are in the pool" pool_has alice alice bob
queue_is_known() { [[ -n $(in_machine bob condor_status -schedd -af Name) ]]; }
needs 60 "bob knows of alice's queue" queue_is_known

user=$(jobs_of bob)
cat >"$user/far.sub" <<'JOB'
executable = /bin/hostname
transfer_executable = false
output = far.out
log = far.log
request_cpus = 1
request_memory = 16
request_disk = 4096
should_transfer_files = yes
queue
JOB
chown -R --reference="$user" "$user/."
submit_far() { "$1" bob condor_submit -spool -name alice.ipop "${@:2}" >"$run/bob/far" 2>&1; }
holds "a user without a token is refused" eval '! submit_far as_user far.sub'
cp "$user/far.sub" "$(files_of bob)/root/far.sub"
holds "so is the machine's root, whose certificate is no user's" eval '! submit_far in_machine far.sub'
is "nothing is in the queue" "" "$(in_machine alice condor_q -all -af ClusterId)"

# --- a token for an account of alice's ----------------------------------------------------------------------
domain=$(in_machine alice condor_config_val UID_DOMAIN)
in_machine alice condor_token_create -identity "user@$domain" 2>"$run/token.err" >"$run/token"
is "alice makes a token for her account \"user\"" 0 $?
mkdir -p "$user/.condor/tokens.d"
cp "$run/token" "$user/.condor/tokens.d/alice"
chmod 700 "$user/.condor/tokens.d"
chmod 600 "$user/.condor/tokens.d/alice"
chown -R --reference="$user" "$user/."
holds "with it the user on bob submits" submit_far as_user far.sub
[[ -s $run/bob/far ]] && sed 's/^/# /' "$run/bob/far"
is "the job is the account's" user "$(in_machine alice condor_q -all -af Owner)"
ended() { [[ $(as_user bob condor_q -name alice.ipop -af JobStatus) == 4 ]]; }
within 60 "it ends, and he sees it" ended
holds "he fetches its output" as_user bob condor_transfer_data -name alice.ipop -all
holds "which is there" grep -qE 'alice|bob' "$user/far.out"
holds "he is nobody's administrator by it" eval '! as_user bob condor_off -name alice.ipop -daemon startd'
finish
