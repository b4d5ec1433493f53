#!/usr/bin/env bash
# The pool of an open group, where nobody has a certificate: each machine signs its own token with what follows from
# the group's namespace. Who knows another namespace is not let in.
#
#   relay: the group's bootstrap     anna: manager, submits -- [home: cone]     carl: worker -- [farm: restricted]
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site farm 192.168.2 restricted
make_host anna home
make_host carl farm
holds "an open group" make_open_group relay
join_pool anna
join_pool carl
take_role anna manager submit
take_role carl worker
needs 90 "the worker is in the pool" pool_has anna carl

is "nobody has a certificate" "" "$(in_machine carl find /var/lib/ipop /etc/condor -name 'certificate.pem')"
is "tokens are for root alone" "600 600" \
  "$(in_machine carl stat -c %a /etc/condor/tokens.d/grid-appliance /etc/condor/passwords.d/grid-appliance | paste -sd' ')"
is "authentication is required" required \
  "$(in_machine carl condor_config_val SEC_DEFAULT_AUTHENTICATION | tr '[:upper:]' '[:lower:]')"
user=$(jobs_of anna)
cat >"$user/where.sub" <<'JOB'
executable = /bin/hostname
transfer_executable = false
output = where
log = where.log
request_cpus = 1
request_memory = 16
request_disk = 4096
should_transfer_files = yes
queue
JOB
holds "a job is submitted" submit anna where.sub
within 60 "it ends" has_events anna where.log 5 1
is "it ran on the worker" carl "$(<"$user/where")"

# --- another namespace's secret -----------------------------------------------------------------------------
advertise() {
  in_machine carl sh -c 'printf "%s\n" "MyType = \"Machine\"" "Name = \"ghost\"" "Machine = \"ghost\"" >ad &&
    condor_advertise UPDATE_STARTD_AD ad'
}
ghost() { in_machine anna condor_status -any -af Name | grep -qx ghost; }
holds "a member may advertise" advertise
within 10 "and is seen" ghost
in_machine carl sh -c 'head -c 32 /dev/urandom >/etc/condor/passwords.d/grid-appliance &&
  condor_token_create -key grid-appliance -identity "member@$(condor_config_val TRUST_DOMAIN)" \
    >/etc/condor/tokens.d/grid-appliance' >"$run/carl/token.log" 2>&1
is "a token is made with another secret" 0 $?
holds "with it nobody is let in" test "$(advertise >"$run/carl/refused" 2>&1; echo $?)" != 0
finish
