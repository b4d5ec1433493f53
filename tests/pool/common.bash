# shellcheck shell=bash disable=SC2034,SC2154  # shared by the scripts here
# common.bash - what every test of the pool begins with: that of the namespaces, and machines with a real HTCondor.
# Source it with the programs' directory as $1.
#
#   jobs_of HOST             folder of that submit machine's user, seen from outside
#   submit HOST FILE [WORD...]  condor_submit of FILE in that folder, by that user
#   needs SECONDS NAME COMMAND...  `within`, without which the rest of the test says nothing: ends it
#   events HOST LOG NUMBER   how many events of that number a job log has (JobTerminated is 5)
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
