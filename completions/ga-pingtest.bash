# bash completion for ga-pingtest, made by `ga-pingtest --completion bash`.
_ga_pingtest() {
  local cur prev command=/ arguments=0 i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      '/ run') command=/run; arguments=0 ;;
      '/ report') command=/report; arguments=0 ;;
      '/ serve') command=/serve; arguments=0 ;;
      '/ --socket'|'/ --group'|'/ --timeout'|'/ --log'|'/ --color') i=$((i + 1)) ;;
      '/run --spread'|'/run --wait'|'/run --rate'|'/run --limit'|'/run --socket'|'/run --group'|'/run --timeout'|'/run --log'|'/run --color') i=$((i + 1)) ;;
      '/report --since'|'/report --svg'|'/report --worst'|'/report --port'|'/report --socket'|'/report --group'|'/report --timeout'|'/report --log'|'/report --color') i=$((i + 1)) ;;
      '/serve --port'|'/serve --socket'|'/serve --group'|'/serve --timeout'|'/serve --log'|'/serve --color') i=$((i + 1)) ;;
      *' '-*) ;;
      *) arguments=$((arguments + 1)) ;;
    esac
  done
  case "$command $prev" in
    '/ --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/ --timeout') COMPREPLY=(); return ;;
    '/ --log') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/run --spread') COMPREPLY=(); return ;;
    '/run --wait') COMPREPLY=(); return ;;
    '/run --rate') COMPREPLY=(); return ;;
    '/run --limit') COMPREPLY=(); return ;;
    '/run --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/run --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/run --timeout') COMPREPLY=(); return ;;
    '/run --log') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/run --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/report --since') COMPREPLY=(); return ;;
    '/report --svg') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/report --worst') COMPREPLY=(); return ;;
    '/report --port') COMPREPLY=(); return ;;
    '/report --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/report --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/report --timeout') COMPREPLY=(); return ;;
    '/report --log') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/report --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/serve --port') COMPREPLY=(); return ;;
    '/serve --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/serve --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/serve --timeout') COMPREPLY=(); return ;;
    '/serve --log') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/serve --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $arguments" in
    esac
  fi
  case "$command" in
    '/') mapfile -t COMPREPLY < <(compgen -W 'run report serve -h --help --socket --group --timeout --log --json --plain --color --version' -- "$cur") ;;
    '/run') mapfile -t COMPREPLY < <(compgen -W '-h --help --spread --wait --rate --limit --socket --group --timeout --log --json --plain --color' -- "$cur") ;;
    '/report') mapfile -t COMPREPLY < <(compgen -W '-h --help --collect --since --svg --worst --port --socket --group --timeout --log --json --plain --color' -- "$cur") ;;
    '/serve') mapfile -t COMPREPLY < <(compgen -W '-h --help --port --socket --group --timeout --log --json --plain --color' -- "$cur") ;;
  esac
}
complete -F _ga_pingtest ga-pingtest
