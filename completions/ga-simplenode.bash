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
      '/ install') command=/install; arguments=0 ;;
      '/ upgrade') command=/upgrade; arguments=0 ;;
      '/ --hosts'|'/ --jobs'|'/ --timeout'|'/ --ssh-config'|'/ --color') i=$((i + 1)) ;;
      '/status --group'|'/status --hosts'|'/status --jobs'|'/status --timeout'|'/status --ssh-config'|'/status --color') i=$((i + 1)) ;;
      '/install --group'|'/install --packages'|'/install --repository'|'/install --key'|'/install --port'|'/install --hosts'|'/install --jobs'|'/install --timeout'|'/install --ssh-config'|'/install --color') i=$((i + 1)) ;;
      '/upgrade --packages'|'/upgrade --repository'|'/upgrade --key'|'/upgrade --at-once'|'/upgrade --hosts'|'/upgrade --jobs'|'/upgrade --timeout'|'/upgrade --ssh-config'|'/upgrade --color') i=$((i + 1)) ;;
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
    '/install --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/install --packages') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/install --repository') COMPREPLY=(); return ;;
    '/install --key') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/install --port') COMPREPLY=(); return ;;
    '/install --hosts') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/install --jobs') COMPREPLY=(); return ;;
    '/install --timeout') COMPREPLY=(); return ;;
    '/install --ssh-config') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/install --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/upgrade --packages') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/upgrade --repository') COMPREPLY=(); return ;;
    '/upgrade --key') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/upgrade --at-once') COMPREPLY=(); return ;;
    '/upgrade --hosts') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/upgrade --jobs') COMPREPLY=(); return ;;
    '/upgrade --timeout') COMPREPLY=(); return ;;
    '/upgrade --ssh-config') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/upgrade --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $arguments" in
    esac
  fi
  case "$command" in
    '/') mapfile -t COMPREPLY < <(compgen -W 'status install upgrade -h --help --hosts --jobs --timeout --ssh-config --json --plain --color --version' -- "$cur") ;;
    '/status') mapfile -t COMPREPLY < <(compgen -W '-h --help --group --hosts --jobs --timeout --ssh-config --json --plain --color' -- "$cur") ;;
    '/install') mapfile -t COMPREPLY < <(compgen -W '-h --help --group --packages --repository --key --port --replace --dry-run --hosts --jobs --timeout --ssh-config --json --plain --color' -- "$cur") ;;
    '/upgrade') mapfile -t COMPREPLY < <(compgen -W '-h --help --packages --repository --key --at-once --downgrade --dry-run --hosts --jobs --timeout --ssh-config --json --plain --color' -- "$cur") ;;
  esac
}
complete -F _ga_simplenode ga-simplenode
