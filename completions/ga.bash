# bash completion for ga, made by `ga --completion bash`.
_ga() {
  local cur prev command=/ arguments=0 i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      '/ status') command=/status; arguments=0 ;;
      '/ doctor') command=/doctor; arguments=0 ;;
      '/ bugreport') command=/bugreport; arguments=0 ;;
      '/ --group'|'/ --dir'|'/ --socket'|'/ --state-dir'|'/ --color') i=$((i + 1)) ;;
      '/status --group'|'/status --dir'|'/status --socket'|'/status --state-dir'|'/status --color') i=$((i + 1)) ;;
      '/doctor --outside'|'/doctor --group'|'/doctor --dir'|'/doctor --socket'|'/doctor --state-dir'|'/doctor --color') i=$((i + 1)) ;;
      '/bugreport --output'|'/bugreport --group'|'/bugreport --dir'|'/bugreport --socket'|'/bugreport --state-dir'|'/bugreport --color') i=$((i + 1)) ;;
      *' '-*) ;;
      *) arguments=$((arguments + 1)) ;;
    esac
  done
  case "$command $prev" in
    '/ --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/ --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/status --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/status --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/status --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/status --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/status --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/doctor --outside') COMPREPLY=(); return ;;
    '/doctor --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/doctor --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/doctor --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/doctor --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/doctor --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/bugreport --output') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/bugreport --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/bugreport --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/bugreport --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/bugreport --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/bugreport --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $arguments" in
    esac
  fi
  case "$command" in
    '/') mapfile -t COMPREPLY < <(compgen -W 'status doctor bugreport -h --help --group --dir --socket --state-dir --json --plain --color --version' -- "$cur") ;;
    '/status') mapfile -t COMPREPLY < <(compgen -W '-h --help --watch --group --dir --socket --state-dir --json --plain --color' -- "$cur") ;;
    '/doctor') mapfile -t COMPREPLY < <(compgen -W '-h --help --outside --group --dir --socket --state-dir --json --plain --color' -- "$cur") ;;
    '/bugreport') mapfile -t COMPREPLY < <(compgen -W '-h --help --output --hide-addresses --yes --group --dir --socket --state-dir --json --plain --color' -- "$cur") ;;
  esac
}
complete -F _ga ga
