# shellcheck shell=bash disable=SC2034,SC2154  # shared by the scripts here
# common.bash - what every test of the pool begins with: that of the namespaces, and machines with a real HTCondor.
# Source it with the programs' directory as $1.
#
#   jobs_of HOST             folder of that submit machine's user, seen from outside
#   submit HOST FILE [WORD...]  condor_submit of FILE in that folder, by that user
#   needs SECONDS NAME COMMAND...  `within`, without which the rest of the test says nothing: ends it
#   events HOST LOG NUMBER   how many events of that number a job log has (JobTerminated is 5)
#   boot_installed HOST...   the hosts boot with systemd, and have what `make install` puts on a machine
#   install_tree, boot HOST..., put_tree HOST   the same in three steps
#   on, unit                 a command there, and systemctl
# shellcheck source=../netns/common.bash
source "$(dirname "${BASH_SOURCE[0]}")/../netns/common.bash"
[[ -x $bin/ga-condorcfg ]] || skip "no ga-condorcfg in $bin"
root=$("$here/../../scripts/pool_root" "${root_kind:-condor}" 2>"$run/pool_root.log") || skip "$(tail -n 1 "$run/pool_root.log")"
# shellcheck source=../../demo/machines.sh
source "$here/../../demo/machines.sh"
# shellcheck source=../../demo/pool.sh
source "$here/../../demo/pool.sh"
packed=$(pack_programs 2>&1) || { echo "Bail out! the machines' programs find no place in $run: $packed"; exit 1; }

show_condor_logs() {
  local log
  ((failures)) || return 0
  for log in "$run"/*/condor/{MasterLog,SchedLog,ShadowLog,StartLog,NegotiatorLog,CollectorLog}; do
    [[ -s $log ]] || continue
    echo "# --- $log"
    tail -n 12 "$log" | sed 's/^/# /'
  done
}
trap 'show_condor_logs; clean_up' EXIT

jobs_of() { echo "$(files_of "$1")/home/user"; }
submit() {
  local host=$1
  shift
  chown -R --reference="$(jobs_of "$host")" "$(jobs_of "$host")/."
  as_user "$host" condor_submit -terse "$@"
}
events() { grep -c "^$(printf '%03d' "$3") " "$(jobs_of "$1")/$2" 2>/dev/null || true; }
has_events() { (($(events "$1" "$2" "$3") >= $4)); }

needs() {
  local before=$failures
  within "$@"
  ((failures == before)) || finish
}

# --- booted machines ---------------------------------------------------------------------------------------------------
booted=()
show_journals() {
  local host
  ((failures)) || return 0
  for host in "${booted[@]}"; do
    echo "# --- the journal of $host"
    in_machine "$host" journalctl --no-pager -n 50 -o short-monotonic 2>/dev/null | sed 's/^/# /'
  done
}
trap 'show_journals; show_condor_logs; clean_up' EXIT
on() { in_machine "$@"; }
unit() { on "$1" systemctl "${@:2}" 2>&1; } # HOST VERB...
is_up() { [[ $(unit "$1" is-system-running) == running ]]; }
install_tree() {
  local program
  DESTDIR=$run/tree cmake --install "$bin/.." >"$run/install.log" 2>&1
  is "make install: the status" 0 $?
  for program in "$run/tree/usr/local"/{bin,sbin}/*; do ln -sf "/opt/ga/bin/${program##*/}" "$program"; done
}
boot() { # HOST...: side by side
  local host
  for host; do
    boot_machine "$host" systemd || skip "no systemd of its own for a machine: $(tail -n 1 "$run/$host/machine.log")"
    booted+=("$host")
  done
}
put_tree() { # HOST
  needs 60 "$1: systemd is up" is_up "$1"
  cp -a "$run/tree/." "$(files_of "$1")/"
  # The checked build's look for leaks needs ptrace, which the units forbid.
  mkdir -p "$(files_of "$1")/etc/systemd/system.conf.d"
  printf '[Manager]\nDefaultEnvironment=ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=8\n' >"$(files_of "$1")/etc/systemd/system.conf.d/asan.conf"
  on "$1" systemctl daemon-reexec
}
boot_installed() {
  local host
  install_tree
  boot "$@"
  for host; do put_tree "$host"; done
}
