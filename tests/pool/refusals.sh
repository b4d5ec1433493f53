#!/usr/bin/env bash
# What a hostile or broken file may say, and HTCondor's own judgement of what ga-condorcfg wrote: no line gets into the
# configuration that was not meant, and a machine that cannot have a configuration does not start HTCondor.
#
#   relay: a public member of the group; alice: one machine with a node, and no pool around her; bob: another member
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_host alice home
make_host bob home
holds "a closed group" make_pool_group relay
join_pool alice
needs 30 "alice holds an address" ask_node alice wait lease --timeout 2s

files=$(files_of alice)
role() { printf '%s\n' "$@" >"$files/etc/ga/pool.toml"; }
condorcfg() { in_machine alice timeout 30 ga-condorcfg "$@"; }
config() { in_machine alice condor_config_val "$1" 2>&1; }
written() { find "$files/etc/condor/config.d" -name '50-*' ! -name '*~' | wc -l; }
refused() { # NAME PATTERN: one line, and nothing is written
  local output status=0
  output=$(condorcfg write 2>&1) || status=$?
  holds "$1: refused" test "$status" -ne 0
  holds "$1: the line says why" grep -qE "$2" <<<"$output"
  is "$1: in one line" 1 "$(grep -vc '^  next:' <<<"$output")"
  is "$1: nothing is written" 0 "$(written)"
}

# --- S15 ----------------------------------------------------------------------------------------------------
role 'roles = ["king"]'
refused "a role that does not exist" 'pool.toml:1: .*king'
role 'roles = ["worker"]' 'slots = "2\nALLOW_WRITE = *"'
refused "a line in a number" 'pool.toml:2: .*slots'
role 'roles = ["worker"]' 'manager = "10.128.0.5\nALLOW_WRITE = *"'
refused "a line in an address" 'pool.toml:2: '
role 'roles = ["manager"]' 'pool = "a$(shell)"'
refused "a macro in a name" 'pool.toml:2: '
role 'roles = ["manager"]' 'pool = "a|b"'
refused "a pipe in a name" 'pool.toml:2: '
role 'roles = ["manager"]' 'LOCAL_CONFIG_FILE = "/bin/sh|"'
refused "a setting of HTCondor" 'pool.toml:2: '
role '[pool]' 'roles = ["worker"]'
refused "a table" 'pool.toml:1: \[pool\] is not a table of this file'
role 'roles = ["submit"]' 'slots = 2'
refused "slots without a worker" 'pool.toml:2: the key "slots" is a worker.s'
role 'roles = ["worker"]' 'manager = "192.168.1.5"'
refused "a manager outside the group's network" 'pool.toml:2: the manager 192.168.1.5 is not in the network'

# --- what HTCondor reads ------------------------------------------------------------------------------------
role 'roles = ["manager", "worker", "submit"]' 'slots = 3'
holds "a good file is written" condorcfg write
is "in one file" 1 "$(written)"
holds "HTCondor takes it" in_machine alice condor_config_val -summary
is "CONDOR_HOST is the machine itself" "$(address_on alice)" "$(config CONDOR_HOST)"
is "so is the address it advertises" "$(address_on alice)" "$(config NETWORK_INTERFACE)"
is "all roles are there" "COLLECTOR MASTER NEGOTIATOR SCHEDD STARTD" \
  "$(config DAEMON_LIST | tr -s ' ,' '\n' | sort -u | paste -sd' ')"
is "with the slots" 3 "$(config NUM_CPUS)"
is "nothing runs a command while it is read" "" \
  "$(in_machine alice condor_config_val -dump | grep -E '= .*\|[[:space:]]*$')"
is "security is the recommended one" 9.0 "$(config SECURITY_MODEL)"
holds "the group's certificates are asked for" grep -q SSL <<<"$(config SEC_DEFAULT_AUTHENTICATION_METHODS)"

# --- what other files take back -----------------------------------------------------------------------------
late=$files/etc/condor/config.d/60-late
check() { condorcfg check >"$run/checked" 2>&1; }
holds "what was written and is read is good" check
overridden() { # NAME LINE PATTERN: with this line in a later file, which is named
  printf '# somebody else\n%s\n' "$2" >"$late"
  holds "$1 in a later file is not good" eval '! check'
  holds "$1: file and line are named" grep -qE "$3" "$run/checked"
}
overridden "a rule for everybody" 'ALLOW_DAEMON = *' '60-late:2: ALLOW_DAEMON is \*; ga-condorcfg wrote ALLOW_DAEMON = '
overridden "a rule of one daemon" 'STARTD.ALLOW_DAEMON = *' '60-late:2: STARTD.ALLOW_DAEMON is \*'
overridden "a list without our daemons" 'DAEMON_LIST = MASTER' '60-late:2: DAEMON_LIST is MASTER; '
overridden "weaker security by a metaknob" 'use SECURITY:HOST_BASED' '60-late:2: [A-Z_]+ is '
overridden "another network" 'NETWORK_INTERFACE = 127.0.0.1' '60-late:2: NETWORK_INTERFACE is 127.0.0.1; '
is "JSON names each key" "NETWORK_INTERFACE 127.0.0.1 /etc/condor/config.d/60-late 2 false" \
  "$(condorcfg --json check 2>/dev/null | jq -r '.overridden[] | "\(.key) \(.read_value) \(.file) \(.line) \(.allowed)"')"
printf 'STARTD_ATTRS = $(STARTD_ATTRS), DedicatedScheduler\nSTART = False\n' >"$late"
holds "a longer list of attributes and a policy of the owner's are good" check
holds "the policy is shown" grep -qF '60-late:2: own setting, START = False' "$run/checked"

# --- who looks ----------------------------------------------------------------------------------------------
shown=$(as_user alice ga-condorcfg show 2>"$run/show.err")
is "an ordinary user may look" 0 $?
is "and sees the machine's part" "$(address_on alice)" "$(sed -n 's/^address *//p' <<<"$shown")"

before=$(sha256sum "$files"/etc/condor/config.d/50-*)
role 'roles = ["king"]'
condorcfg write >/dev/null 2>&1
is "a file that is refused later leaves what was written" "$before" "$(sha256sum "$files"/etc/condor/config.d/50-*)"

# --- whose name another node holds, as after a new installation --------------------------------------------------
join_pool bob 4701 --configure --tap ipop0 --hostname alice
alice_id=$(ask_node alice status --json | jq -r .id)
told_of_name() { ask_node bob "$@" 2>&1 | grep -qE "the name alice is held by the node ${alice_id:0:8} until 20[0-9-]+ [0-9:]+ UTC"; }
within 30 "a machine is told by status who holds its name, and until when" told_of_name status
holds "and by why" told_of_name why "$(address_on alice)"
holds "what to do is said as well" eval 'ask_node bob status 2>&1 | grep -q "put its key.pem back"'

# --- who is revoked -----------------------------------------------------------------------------------------
role 'roles = ["manager", "worker", "submit"]' 'slots = 3'
certificate_of --socket "$files/run/ipop/$pool_group.sock" revoke --user alice >"$run/revoke.log" 2>&1
is "alice is revoked" 0 $?
told() { local said; said=$(condorcfg check 2>&1); grep -q "certificate is revoked" <<<"$said"; }
within 30 "her machine is told by check" told
is "and by show" 1 "$(condorcfg show 2>&1 | grep -c "certificate is revoked")"
# The other machine asks again every few minutes, and as it starts.
stop_member bob
start_member bob
named() { [[ $(ask_node bob status --json | jq -r '.names[-1]') == alice* ]]; }
within 60 "a revoked machine's name is free" named
finish
