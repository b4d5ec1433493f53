# bash completion for ga-simplenode, made by `ga-simplenode --completion bash`.
_ga_simplenode() {
  local cur prev command=/ arguments=0 i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      '/ status') command=/status; arguments=0 ;;
      '/ --hosts'|'/ --jobs'|'/ --timeout'|'/ --ssh-config'|'/ --color') i=$((i + 1)) ;;
      '/status --group'|'/status --hosts'|'/status --jobs'|'/status --timeout'|'/status --ssh-config'|'/status --color') i=$((i + 1)) ;;
      *' '-*) ;;
      *) arguments=$((arguments + 1)) ;;
    esac
  done
  case "$command $prev" in
    '/ --hosts') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --jobs') COMPREPLY=(); return ;;
    '/ --timeout') COMPREPLY=(); return ;;
    '/ --ssh-config') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/status --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/status --hosts') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/status --jobs') COMPREPLY=(); return ;;
    '/status --timeout') COMPREPLY=(); return ;;
    '/status --ssh-config') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/status --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $arguments" in
    esac
  fi
  case "$command" in
    '/') mapfile -t COMPREPLY < <(compgen -W 'status -h --help --hosts --jobs --timeout --ssh-config --json --plain --color --version' -- "$cur") ;;
    '/status') mapfile -t COMPREPLY < <(compgen -W '-h --help --group --hosts --jobs --timeout --ssh-config --json --plain --color' -- "$cur") ;;
  esac
}
complete -F _ga_simplenode ga-simplenode
