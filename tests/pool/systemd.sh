#!/usr/bin/env bash
# The units under a real systemd: what `make install` puts on a machine starts with nothing but the commands of the
# manuals, and does its work inside the unit's own sandbox.
#
#   alice: public, authority, manager      bob: worker, behind the NAT of [home: cone]
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
reason=$(has_systemd) || skip "$reason"
command -v cmake >/dev/null || skip "no cmake on this machine"

make_internet
make_server alice
make_site home 192.168.1 cone
make_host bob home

# --- machines, and what `make install` puts there ----------------------------------------------------------------
machines=(alice bob)
boot_installed "${machines[@]}"
property() { unit "$1" show --value -p "$3" "$2"; } # HOST UNIT PROPERTY
active() { [[ $(unit "$1" is-active "$2") == active ]]; }
inactive() { [[ $(unit "$1" is-active "$2") == inactive ]]; }
is "$(on alice sh -c 'systemctl --version | head -n 1') runs as process 1" systemd "$(on alice cat /proc/1/comm)"

# --- a node ------------------------------------------------------------------------------------------------------
group=lab-enrol node=ipop-node@lab-enrol
address() { ip -n "$internet-$1" -4 -o addr show dev "${2:-ipop0}" 2>/dev/null | sed -n 's/.* inet \([0-9.]*\).*/\1/p'; }
has_address() { [[ $(address "$1") == "$2" ]]; }
joined_as() { sed -n 's/^joined [^ ]* as \([0-9.]*\).*/\1/p' "$run/joined"; }
has_tap() { [[ -n $(ip -n "$internet-$1" -o link show dev ipop0 2>/dev/null) ]]; }
no_tap() { ! has_tap "$1"; }
status_of() { on "$1" ipop-ctl --group "$group" status --json | jq -r "$2"; }
for host in "${machines[@]}"; do
  on "$host" groupadd ga
  on "$host" usermod -aG ga user
done

on alice ga-group new "$group" --port 4700 >"$run/token" 2>"$run/talk"
is "new: the status" 0 $?
is "new: the node is enabled" enabled "$(unit alice is-enabled "$node")"
needs 30 "new: the node is active" active alice "$node"
on bob ga-group join - <"$run/token" >"$run/joined" 2>>"$run/talk"
is "join: the status" 0 $?
is "join: the node is enabled, and active" "enabled active" "$(unit bob is-enabled "$node") $(unit bob is-active "$node")"
within 10 "join: it sets its address" has_address bob "$(joined_as)"
within 30 "bob reaches alice" on bob ping -q -n -c 1 -w 2 "$(address alice)"
is "systemctl status has a line of the node's own" 1 "$(property bob "$node" StatusText | grep -c "$(address bob)")"
is "the log is in the journal, with its level" 6 \
  "$(on bob journalctl -u "$node" -o json -g 'node started' | jq -r .PRIORITY | head -n 1)"
is "an ordinary user of the group ga asks the node" "$(address bob)" \
  "$(as_user bob ipop-ctl --group "$group" status --json | jq -r .address)"
is "its key is root's alone" "600 root" "$(on bob stat -c '%a %U' "/var/lib/ipop/$group/key.pem")"

before=$(address bob) process=$(property bob "$node" MainPID)
holds "reload" unit bob reload "$node"
is "it is the same process" "$process" "$(property bob "$node" MainPID)"
holds "restart" unit bob restart "$node"
within 10 "it comes back with its address" has_address bob "$before"
process=$(property bob "$node" MainPID)
unit bob kill --signal=KILL --kill-whom=main "$node"
another() { [[ $(property bob "$node" MainPID) != "$process" ]] && active bob "$node"; }
within 30 "what is killed is started again" another
within 10 "with its address" has_address bob "$before"
holds "stop" unit bob stop "$node"
is "it ended well" "success inactive" "$(property bob "$node" Result) $(unit bob is-active "$node")"
holds "its interface is gone" no_tap bob
holds "start" unit bob start "$node"
within 30 "bob reaches alice again" on bob ping -q -n -c 1 -w 2 "$(address alice)"

# What needs a person is not tried again.
on alice sh -c 'echo name = >/etc/ipop/wrong.toml'
unit alice start ipop-node@wrong >/dev/null
is "a node whose group's file is wrong has failed, and is not started again" "failed 0" \
  "$(unit alice is-active ipop-node@wrong) $(property alice ipop-node@wrong NRestarts)"
unit alice reset-failed ipop-node@wrong
on alice rm /etc/ipop/wrong.toml

# --- an authority that serves both groups ------------------------------------------------------------------------
holds "an authority" on alice ga-cert authority init lab --no-passphrase
on alice sed -i 's/^accept_tokens.*/accept_tokens = true/' /var/lib/ga/authority/lab/policy.toml
on alice mkdir -p -m 700 /var/lib/ipop/lab
on alice sh -c 'ga-cert request --key /var/lib/ipop/lab/key.pem --user alice --out /root/request.pem &&
  ga-cert sign /root/request.pem --out /var/lib/ipop/lab/certificate.pem' >"$run/talk" 2>&1
is "a certificate for its own machine" 0 $?
on alice ga-group new lab --port 4701 --prefix 100.64.0.0/10 --authority /var/lib/ga/authority/lab/authority.pem \
  >/dev/null 2>"$run/talk"
is "a closed group, beside the open one" 0 $?
needs 30 "its node is active, on an interface of its own" active alice ipop-node@lab
for name in "$group" lab; do
  holds "ga-authority@$name: enable --now" unit alice enable --now "ga-authority@$name"
  within 30 "ga-authority@$name is active, as it said itself" active alice "ga-authority@$name"
done
on alice ga-cert token new --out /root/token >/dev/null 2>"$run/talk"
cp "$(files_of alice)/root/token" "$(files_of bob)/root/token"
process=$(property bob "$node" MainPID)
on bob ga-cert join --group "$group" --token-file /root/token --user bob >"$run/joined" 2>"$run/talk"
is "bob gets into the closed group by a token" 0 $?
sed 's/^/# /' "$run/talk"
is "in the same process" "$process" "$(property bob "$node" MainPID)"
is "ga-authority@lab listens on the virtual address" "$(address alice ipop1):8443" \
  "$(in_host alice ss -Hltn 'sport = :8443' | awk '{ print $4 }' | grep -F "$(address alice ipop1)")"
holds "its node is in the closed group after a restart" unit bob restart "$node"
within 10 "with its address" has_address bob "$(joined_as)"
within 30 "bob reaches alice there" on bob ping -q -n -c 1 -w 2 "$(address alice ipop1)"

# --- renewal -----------------------------------------------------------------------------------------------------
serial() { on bob openssl x509 -in "/var/lib/ipop/$group/certificate.pem" -noout -serial; }
listed() { unit bob list-timers --no-legend | grep -q "$1"; }
before=$(serial)
# What the node runs when the certificate is due, in a unit with all that confines the node.
on bob sed -e 's|^ExecStart=.*|ExecStart=/usr/local/bin/ga-cert renew --group %i|' -e 's/^Type=.*/Type=oneshot/' \
  -e '/^Restart/d' -e '/^WatchdogSec/d' /usr/local/lib/systemd/system/ipop-node@.service \
  >"$(files_of bob)/etc/systemd/system/renews-as-node@.service"
unit bob daemon-reload
holds "a renewal works in the node's sandbox" unit bob start "renews-as-node@$group"
holds "bob has another certificate" test "$before" != "$(serial)"
is "the node takes it as the same process" "active" "$(unit bob is-active "$node")"
within 30 "and alice takes it from him" on bob ping -q -n -c 1 -w 2 "$(address alice ipop1)"

# --- pings -------------------------------------------------------------------------------------------------------
holds "ga-pingtest@.timer: enable --now" unit bob enable --now "ga-pingtest@$group.timer"
holds "it has a next time" listed "ga-pingtest@$group.timer"
# A run waits for late replies, half a minute at most: HTCondor comes up meanwhile.
holds "ga-pingtest: a run begins" unit bob start --no-block "ga-pingtest@$group"
holds "alice begins hers" unit alice start --no-block ga-pingtest@lab
holds "ga-pingtest-serve@: enable --now" unit bob enable --now "ga-pingtest-serve@$group"

# --- HTCondor ----------------------------------------------------------------------------------------------------
# Its package has enabled and started it, with a configuration that says nothing of the group.
is "HTCondor runs as its package started it" "active active" "$(unit alice is-active condor) $(unit bob is-active condor)"
printf 'roles = ["manager", "submit"]\ngroup = "lab"\n' >"$(files_of alice)/etc/ga/pool.toml"
echo 'roles = ["worker"]' >"$(files_of bob)/etc/ga/pool.toml"
for host in "${machines[@]}"; do
  holds "$host: ga-condorcfg: enable --now" unit "$host" enable --now ga-condorcfg
done
in_pool() { on alice condor_status -af MyAddress 2>/dev/null | grep -qF "<$(address bob):"; }
needs 60 "bob is in the pool of alice" in_pool
is "a boot leaves HTCondor to ga-condorcfg" disabled "$(unit bob is-enabled condor)"
cat >"$(jobs_of alice)/where.sub" <<JOB
executable = /bin/hostname
transfer_executable = false
output = where
log = where.log
request_memory = 16
request_disk = 4096
queue
JOB
holds "alice submits a job" submit alice where.sub
within 60 "it ends" has_events alice where.log 5 1
is "it ran on bob" bob "$(cat "$(jobs_of alice)/where")"
process=$(property bob condor MainPID)
follower=$(property bob ga-condorcfg MainPID)
kill_follower() { unit bob kill --signal=KILL --kill-whom=main ga-condorcfg; }
# Until systemd has seen that it was killed, its state is the earlier one.
is_new() { [[ $(property bob ga-condorcfg MainPID) != "$follower" ]] && active bob ga-condorcfg; }
follows() { is_new && [[ $(property bob ga-condorcfg StatusText) == 'in the pool'* ]]; }
kill_follower
within 30 "a ga-condorcfg that is killed comes back" follows
is "and lets HTCondor and its jobs be" "$process" "$(property bob condor MainPID)"

# --- what the pings of above have come to ------------------------------------------------------------------------
logged() { on bob grep -q "$(address alice ipop1)" "/var/log/ga-pingtest/$group.log" && inactive bob "ga-pingtest@$group"; }
within 60 "ga-pingtest has written its log" logged
collects() { on alice ga-pingtest --group lab report --collect --json >"$run/report" && [[ $(jq .pairs "$run/report") == 2 ]]; }
within 60 "alice collects bob's log" collects

# --- HTCondor without a node -------------------------------------------------------------------------------------
follower=$(property bob ga-condorcfg MainPID)
kill_follower
holds "the node is stopped, and with it what serves its pings" unit bob stop "$node"
is "its log is not given out" inactive "$(unit bob is-active "ga-pingtest-serve@$group")"
within 30 "a ga-condorcfg that is killed comes back without a node" is_new
within 100 "without an address HTCondor is stopped" inactive bob condor
holds "in good order, with time for jobs to leave" grep -q 'Got SIGTERM. Performing graceful shutdown' "$run/bob/condor/MasterLog"
holds "the node is started" unit bob start "$node"
responds() { [[ $(property bob condor StatusText) == 'All daemons are responding' ]] && active bob condor; }
within 60 "HTCondor is back" responds

# --- the sandboxes -----------------------------------------------------------------------------------------------
powers() { # HOST UNIT: its capabilities, "none" or, where it does not run, "no process"
  local process text
  process=$(property "$1" "$2" MainPID)
  ((process > 0)) || { echo "no process"; return; }
  text=$(on "$1" sed -n 's/^CapEff:\t0*//p' "/proc/$process/status") || { echo "no process"; return; }
  echo "${text:-none}"
}
within 30 "what serves the pings came back with its node" active bob "ga-pingtest-serve@$group"
is "S13: the node has two capabilities, net_admin and chown" 1001 "$(powers bob "$node")"
is "S13: the authority has none" none "$(powers alice ga-authority@lab)"
is "S13: the log of pings is given out with none" none "$(powers bob "ga-pingtest-serve@$group")"

# --- a lease server ----------------------------------------------------------------------------------------------
unit alice start ipop-dhcp >/dev/null
is "a lease server without a book is not started" inactive "$(unit alice is-active ipop-dhcp)"
on alice ipop-dhcp config --group lab --unsigned yes >/dev/null 2>"$run/talk"
is "its book is made" 0 $?
holds "ipop-dhcp: enable --now" unit alice enable --now ipop-dhcp
needs 30 "it is active, as it said itself" active alice ipop-dhcp
is "S13: it has no capability" none "$(powers alice ipop-dhcp)"
lease() { # as a client that we did not write
  in_host bob curl -sS --max-time 10 -H 'Content-Type: text/xml' --data-binary "<e:Envelope
    xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><Obtain xmlns='urn:ipop:lease-server:1'><Group>$(
    on alice sed -n 's/^namespace = "\(.*\)"/\1/p' /etc/ipop/lab.toml)</Group><Node>printer</Node></Obtain></e:Body></e:Envelope>" \
    "http://$(address alice ipop1):8067/" | sed -n 's|.*<Address>\([0-9.]*\)</Address>.*|\1|p'
}
leased() { on alice ipop-dhcp list --plain | cut -f 1; }
printer=$(lease)
holds "it gives out an address" test -n "$printer"
is "and has it in its book" "$printer" "$(leased)"
process=$(property alice ipop-dhcp MainPID)
unit alice kill --signal=KILL --kill-whom=main ipop-dhcp
is_another() { [[ $(property alice ipop-dhcp MainPID) != "$process" ]] && active alice ipop-dhcp; }
within 30 "killed, it is started again" is_another
is "and knows what it gave" "$printer" "$(lease)"

# --- a boot ------------------------------------------------------------------------------------------------------
holds "ga-firewall apply" on bob ga-firewall apply --yes --role worker
is "its unit is enabled" enabled "$(unit bob is-enabled ga-firewall)"
started() { property bob sysinit.target ActiveEnterTimestampMonotonic; }
before=$(started)
# Nobody goes in until the first process is another: before that systemd stops all processes to end them, and nsenter
# would stop with its child for ever.
on bob systemctl --no-block soft-reboot >/dev/null 2>&1
has_new_systemd() { grep -qa -e --switched-root "/proc/${machine_pid[bob]}/cmdline"; }
booted_again() { has_new_systemd && [[ $(started) =~ ^[0-9]+$ && $(started) != "$before" ]] && is_up bob; }
needs 60 "bob is booted: all that is enabled comes up" booted_again
for name in ga-firewall "$node" "ga-pingtest-serve@$group" ga-condorcfg "ga-pingtest@$group.timer"; do
  within 30 "$name is active" active bob "$name"
done
is "HTCondor was stopped in good order, before its network" 2 \
  "$(grep -c 'Got SIGTERM. Performing graceful shutdown' "$run/bob/condor/MasterLog")"
holds "the rules are in force" on bob ga-firewall status
within 60 "HTCondor is back" responds
within 10 "he collects alice's pings" on bob ga-pingtest run --wait 3s

# --- the end -----------------------------------------------------------------------------------------------------
holds "ga-condorcfg: stop" unit bob stop ga-condorcfg
is "HTCondor ends with it" inactive "$(unit bob is-active condor)"
holds "disable --now" unit bob disable --now "$node"
holds "the interface is gone" no_tap bob
is "nothing on either machine has failed" "" \
  "$(for host in "${machines[@]}"; do unit "$host" list-units --failed --plain --no-legend; done)"
finish
