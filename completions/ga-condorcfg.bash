# bash completion for ga-condorcfg, made by `ga-condorcfg --completion bash`.
_ga_condorcfg() {
  local cur prev command=/ arguments=0 i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      '/ write') command=/write; arguments=0 ;;
      '/ watch') command=/watch; arguments=0 ;;
      '/ show') command=/show; arguments=0 ;;
      '/ check') command=/check; arguments=0 ;;
      '/ gone') command=/gone; arguments=0 ;;
      '/ priorities') command=/priorities; arguments=0 ;;
      '/ flock') command=/flock; arguments=0 ;;
      '/ validate') command=/validate; arguments=0 ;;
      '/ --file'|'/ --dir'|'/ --socket'|'/ --state-dir'|'/ --condor-dir'|'/ --color') i=$((i + 1)) ;;
      '/write --timeout'|'/write --file'|'/write --dir'|'/write --socket'|'/write --state-dir'|'/write --condor-dir'|'/write --color') i=$((i + 1)) ;;
      '/watch --start'|'/watch --file'|'/watch --dir'|'/watch --socket'|'/watch --state-dir'|'/watch --condor-dir'|'/watch --color') i=$((i + 1)) ;;
      '/show --file'|'/show --dir'|'/show --socket'|'/show --state-dir'|'/show --condor-dir'|'/show --color') i=$((i + 1)) ;;
      '/check --file'|'/check --dir'|'/check --socket'|'/check --state-dir'|'/check --condor-dir'|'/check --color') i=$((i + 1)) ;;
      '/gone --file'|'/gone --dir'|'/gone --socket'|'/gone --state-dir'|'/gone --condor-dir'|'/gone --color') i=$((i + 1)) ;;
      '/priorities --file'|'/priorities --dir'|'/priorities --socket'|'/priorities --state-dir'|'/priorities --condor-dir'|'/priorities --color') i=$((i + 1)) ;;
      '/flock export') command=/flock/export; arguments=0 ;;
      '/flock accept') command=/flock/accept; arguments=0 ;;
      '/flock remove') command=/flock/remove; arguments=0 ;;
      '/flock --file'|'/flock --dir'|'/flock --socket'|'/flock --state-dir'|'/flock --condor-dir'|'/flock --color') i=$((i + 1)) ;;
      '/flock/export --out'|'/flock/export --file'|'/flock/export --dir'|'/flock/export --socket'|'/flock/export --state-dir'|'/flock/export --condor-dir'|'/flock/export --color') i=$((i + 1)) ;;
      '/flock/accept --file'|'/flock/accept --dir'|'/flock/accept --socket'|'/flock/accept --state-dir'|'/flock/accept --condor-dir'|'/flock/accept --color') i=$((i + 1)) ;;
      '/flock/remove --file'|'/flock/remove --dir'|'/flock/remove --socket'|'/flock/remove --state-dir'|'/flock/remove --condor-dir'|'/flock/remove --color') i=$((i + 1)) ;;
      '/validate --jobs'|'/validate --timeout'|'/validate --only'|'/validate --worker'|'/validate --cut-off'|'/validate --bring-back'|'/validate --away'|'/validate --work-dir'|'/validate --file'|'/validate --dir'|'/validate --socket'|'/validate --state-dir'|'/validate --condor-dir'|'/validate --color') i=$((i + 1)) ;;
      *' '-*) ;;
      *) arguments=$((arguments + 1)) ;;
    esac
  done
  case "$command $prev" in
    '/ --file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --condor-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/write --timeout') COMPREPLY=(); return ;;
    '/write --file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/write --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/write --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/write --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/write --condor-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/write --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/watch --start') COMPREPLY=(); return ;;
    '/watch --file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/watch --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/watch --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/watch --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/watch --condor-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/watch --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/show --file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/show --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/show --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/show --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/show --condor-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/show --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/check --file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/check --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/check --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/check --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/check --condor-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/check --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/gone --file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/gone --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/gone --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/gone --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/gone --condor-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/gone --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/priorities --file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/priorities --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/priorities --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/priorities --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/priorities --condor-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/priorities --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/flock --file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/flock --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/flock --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/flock --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/flock --condor-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/flock --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/flock/export --out') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/flock/export --file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/flock/export --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/flock/export --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/flock/export --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/flock/export --condor-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/flock/export --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/flock/accept --file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/flock/accept --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/flock/accept --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/flock/accept --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/flock/accept --condor-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/flock/accept --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/flock/remove --file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/flock/remove --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/flock/remove --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/flock/remove --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/flock/remove --condor-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/flock/remove --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/validate --jobs') COMPREPLY=(); return ;;
    '/validate --timeout') COMPREPLY=(); return ;;
    '/validate --only') mapfile -t COMPREPLY < <(compgen -W 'jobs dag checkpoint absence flock' -- "$cur"); return ;;
    '/validate --worker') COMPREPLY=(); return ;;
    '/validate --cut-off') COMPREPLY=(); return ;;
    '/validate --bring-back') COMPREPLY=(); return ;;
    '/validate --away') COMPREPLY=(); return ;;
    '/validate --work-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/validate --file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/validate --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/validate --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/validate --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/validate --condor-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/validate --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $arguments" in
      '/gone 0') mapfile -t COMPREPLY < <(compgen -W "$(find /run/ipop -name "*.sock" 2>/dev/null | xargs -I % ipop-ctl --socket % members --plain 2>/dev/null | cut -f 3)" -- "$cur"); return ;;
      '/flock/accept 0') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    esac
  fi
  case "$command" in
    '/') mapfile -t COMPREPLY < <(compgen -W 'write watch show check gone priorities flock validate -h --help --file --dir --socket --state-dir --condor-dir --json --plain --color --version' -- "$cur") ;;
    '/write') mapfile -t COMPREPLY < <(compgen -W '-h --help --dry-run --timeout --file --dir --socket --state-dir --condor-dir --json --plain --color' -- "$cur") ;;
    '/watch') mapfile -t COMPREPLY < <(compgen -W '-h --help --start --no-announce --file --dir --socket --state-dir --condor-dir --json --plain --color' -- "$cur") ;;
    '/show') mapfile -t COMPREPLY < <(compgen -W '-h --help --file --dir --socket --state-dir --condor-dir --json --plain --color' -- "$cur") ;;
    '/check') mapfile -t COMPREPLY < <(compgen -W '-h --help --file --dir --socket --state-dir --condor-dir --json --plain --color' -- "$cur") ;;
    '/gone') mapfile -t COMPREPLY < <(compgen -W '-h --help --file --dir --socket --state-dir --condor-dir --json --plain --color' -- "$cur") ;;
    '/priorities') mapfile -t COMPREPLY < <(compgen -W '-h --help --file --dir --socket --state-dir --condor-dir --json --plain --color' -- "$cur") ;;
    '/flock') mapfile -t COMPREPLY < <(compgen -W 'export accept remove -h --help --file --dir --socket --state-dir --condor-dir --json --plain --color' -- "$cur") ;;
    '/flock/export') mapfile -t COMPREPLY < <(compgen -W '-h --help --out --file --dir --socket --state-dir --condor-dir --json --plain --color' -- "$cur") ;;
    '/flock/accept') mapfile -t COMPREPLY < <(compgen -W '-h --help --dry-run --file --dir --socket --state-dir --condor-dir --json --plain --color' -- "$cur") ;;
    '/flock/remove') mapfile -t COMPREPLY < <(compgen -W '-h --help --file --dir --socket --state-dir --condor-dir --json --plain --color' -- "$cur") ;;
    '/validate') mapfile -t COMPREPLY < <(compgen -W '-h --help --jobs --timeout --only --worker --cut-off --bring-back --away --work-dir --file --dir --socket --state-dir --condor-dir --json --plain --color' -- "$cur") ;;
  esac
}
complete -F _ga_condorcfg ga-condorcfg
