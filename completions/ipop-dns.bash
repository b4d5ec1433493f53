# bash completion for ipop-dns, made by `ipop-dns --completion bash`.
_ipop_dns() {
  local cur prev command=/ arguments=0 i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      '/ serve') command=/serve; arguments=0 ;;
      '/ lookup') command=/lookup; arguments=0 ;;
      '/ reverse') command=/reverse; arguments=0 ;;
      '/ list') command=/list; arguments=0 ;;
      '/ --socket'|'/ --group'|'/ --timeout'|'/ --color') i=$((i + 1)) ;;
      '/serve --listen'|'/serve --resolv-conf'|'/serve --socket'|'/serve --group'|'/serve --timeout'|'/serve --color') i=$((i + 1)) ;;
      '/lookup --socket'|'/lookup --group'|'/lookup --timeout'|'/lookup --color') i=$((i + 1)) ;;
      '/reverse --socket'|'/reverse --group'|'/reverse --timeout'|'/reverse --color') i=$((i + 1)) ;;
      '/list --socket'|'/list --group'|'/list --timeout'|'/list --color') i=$((i + 1)) ;;
      *' '-*) ;;
      *) arguments=$((arguments + 1)) ;;
    esac
  done
  case "$command $prev" in
    '/ --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/ --timeout') COMPREPLY=(); return ;;
    '/ --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/serve --listen') COMPREPLY=(); return ;;
    '/serve --resolv-conf') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/serve --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/serve --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/serve --timeout') COMPREPLY=(); return ;;
    '/serve --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/lookup --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/lookup --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/lookup --timeout') COMPREPLY=(); return ;;
    '/lookup --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/reverse --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/reverse --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/reverse --timeout') COMPREPLY=(); return ;;
    '/reverse --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/list --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/list --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/list --timeout') COMPREPLY=(); return ;;
    '/list --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $arguments" in
      '/lookup 0') mapfile -t COMPREPLY < <(compgen -W "$(find /run/ipop -name "*.sock" 2>/dev/null | xargs -I % ipop-ctl --socket % members --plain 2>/dev/null | cut -f 3)" -- "$cur"); return ;;
    esac
  fi
  case "$command" in
    '/') mapfile -t COMPREPLY < <(compgen -W 'serve lookup reverse list -h --help --socket --group --timeout --json --plain --color --version' -- "$cur") ;;
    '/serve') mapfile -t COMPREPLY < <(compgen -W '-h --help --listen --forward --refuse --resolv-conf --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/lookup') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/reverse') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/list') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
  esac
}
complete -F _ipop_dns ipop-dns
