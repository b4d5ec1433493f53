#!/usr/bin/env bash
# How ga-condorcfg follows a node, with programs in the place of HTCondor's that note how they were called: what it
# writes, when it starts, reconfigures, restarts and stops, and that managers find and leave their pool by events.
#
#   alice (manager), bob (worker) -- [home: cone] -- internet -- relay
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_host alice home
make_host bob home
make_group relay
start_node relay --no-tap
bring_up alice
bring_up bob

programs=$run/programs
mkdir -p "$programs"
program() { printf '#!/bin/sh\n%s\n' "$2" >"$programs/$1" && chmod +x "$programs/$1"; }
program condor_version 'echo 23.9.6'
program condor_token_create 'echo eyJh.eyJi.c'
# shellcheck disable=SC2016
program condor_config_val 'case $1 in
  LOCAL_CONFIG_DIR) echo "$CONDOR/config.d" ;;
  COLLECTOR_ADDRESS_FILE) echo "$CONDOR/.collector_address" ;;
esac'
# shellcheck disable=SC2016
program condor_master 'note() { echo "$1" >>"$CONDOR/calls"; }
trap "note reconfigured" HUP; trap "note stopped; exit 0" TERM; trap "note ended; exit 0" QUIT
note started; until [ -e "$CONDOR/collector" ]; do sleep 0.1; done
echo here >"$CONDOR/address.new"; mv "$CONDOR/address.new" "$CONDOR/.collector_address"
while :; do sleep 0.1; done'

condorcfg() { # HOST WORD...
  local host=$1
  shift
  CONDOR=$run/$host/condor PATH=$programs:$PATH in_host "$host" "$bin/ga-condorcfg" --file "$run/$host/pool.toml" \
    --dir "$run/groups" --socket "$run/$host/socket" --state-dir "$run/$host/state" \
    --condor-dir "$run/$host/condor" "$@"
}
declare -A watcher
take_role() { # HOST LINE...
  local host=$1
  shift
  mkdir -p "$run/$host/condor/config.d" "$run/groups"
  cp "$run/group.toml" "$run/groups/lab.toml"
  echo 'LOCAL_DIR = /var' >"$run/$host/condor/condor_config"
  printf '%s\n' "$@" >"$run/$host/pool.toml"
  condorcfg "$host" watch --start condor_master >>"$run/$host/condorcfg.log" 2>&1 &
  watcher[$host]=$!
}
config=config.d/50-grid-appliance
setting() { sed -n "s/^$2 = //p" "$run/$1/condor/$config" 2>/dev/null; }
has_setting() { [[ $(setting "$1" "$2") == "$3" ]]; }
called() { [[ $(tail -n 1 "$run/$1/condor/calls" 2>/dev/null) == "$2" ]]; }

take_role bob 'roles = ["worker"]'
take_role alice 'roles = ["manager"]'
within 20 "the manager is started" called alice started
announced() { [[ $(ctl alice dht get condor-manager 2>&1) == *"condor-manager 1"* ]]; }
holds "before its collector is there it is not announced" eval '! announced'
touch "$run/alice/condor/collector"
within 10 "then it is" announced
within 30 "the worker finds it and is started" called bob started
is "the worker's manager is hers" "$(virtual_address alice)" "$(setting bob CONDOR_HOST)"
is "the worker advertises its own address" "$(virtual_address bob)" "$(setting bob NETWORK_INTERFACE)"
is "an open group's members have tokens" "FS, IDTOKENS" "$(setting bob SEC_DEFAULT_AUTHENTICATION_METHODS)"
is "their secret is for root" 600 "$(stat -c %a "$run/bob/condor/passwords.d/grid-appliance")"
holds "show names the manager" grep -q "$(virtual_address alice)" <(condorcfg bob show)
is "a dry run has nothing to change" "" "$(condorcfg bob write --dry-run)"

says() { [[ $(grep -oE "the group's node (does not answer|answers again)" "$run/bob/condorcfg.log" | tail -n 1) == "$1" ]]; }
stop_node bob KILL
within 10 "who follows a node notices that it is gone" says "the group's node does not answer"
is "a node that is gone for a moment stops nothing" started "$(tail -n 1 "$run/bob/condor/calls")"
bring_up bob
within 10 "and that it is back" says "the group's node answers again"
is "nor does its return stop or start anything" started "$(tail -n 1 "$run/bob/condor/calls")"

pkill_watch() { kill -TERM "$(pgrep -P "${watcher[$1]}" ga-condorcfg || echo "${watcher[$1]}")"; }
pkill_watch alice
within 10 "a manager that is told to end stops HTCondor" called alice stopped
forgotten() { condorcfg bob show | awk '/^MANAGER/ { found = 1 } END { exit found }'; }
within 20 "and is announced no more" forgotten
is "its worker stays as it was" started "$(tail -n 1 "$run/bob/condor/calls")"
pkill_watch bob
within 10 "the worker ends as well" called bob stopped
finish
