# bash completion for ga-firewall, made by `ga-firewall --completion bash`.
_ga_firewall() {
  local cur prev command=/ arguments=0 i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      '/ print') command=/print; arguments=0 ;;
      '/ apply') command=/apply; arguments=0 ;;
      '/ remove') command=/remove; arguments=0 ;;
      '/ status') command=/status; arguments=0 ;;
      '/ watch') command=/watch; arguments=0 ;;
      '/ --group'|'/ --interface'|'/ --port'|'/ --role'|'/ --ssh'|'/ --allow'|'/ --allow-physical'|'/ --reach'|'/ --physical'|'/ --job-user'|'/ --job-uid'|'/ --dir'|'/ --socket'|'/ --color') i=$((i + 1)) ;;
      '/print --group'|'/print --interface'|'/print --port'|'/print --role'|'/print --ssh'|'/print --allow'|'/print --allow-physical'|'/print --reach'|'/print --physical'|'/print --job-user'|'/print --job-uid'|'/print --dir'|'/print --socket'|'/print --color') i=$((i + 1)) ;;
      '/apply --group'|'/apply --interface'|'/apply --port'|'/apply --role'|'/apply --ssh'|'/apply --allow'|'/apply --allow-physical'|'/apply --reach'|'/apply --physical'|'/apply --job-user'|'/apply --job-uid'|'/apply --dir'|'/apply --socket'|'/apply --color') i=$((i + 1)) ;;
      '/remove --group'|'/remove --interface'|'/remove --port'|'/remove --role'|'/remove --ssh'|'/remove --allow'|'/remove --allow-physical'|'/remove --reach'|'/remove --physical'|'/remove --job-user'|'/remove --job-uid'|'/remove --dir'|'/remove --socket'|'/remove --color') i=$((i + 1)) ;;
      '/status --group'|'/status --interface'|'/status --port'|'/status --role'|'/status --ssh'|'/status --allow'|'/status --allow-physical'|'/status --reach'|'/status --physical'|'/status --job-user'|'/status --job-uid'|'/status --dir'|'/status --socket'|'/status --color') i=$((i + 1)) ;;
      '/watch --group'|'/watch --interface'|'/watch --port'|'/watch --role'|'/watch --ssh'|'/watch --allow'|'/watch --allow-physical'|'/watch --reach'|'/watch --physical'|'/watch --job-user'|'/watch --job-uid'|'/watch --dir'|'/watch --socket'|'/watch --color') i=$((i + 1)) ;;
      *' '-*) ;;
      *) arguments=$((arguments + 1)) ;;
    esac
  done
  case "$command $prev" in
    '/ --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/ --interface') COMPREPLY=(); return ;;
    '/ --port') COMPREPLY=(); return ;;
    '/ --role') mapfile -t COMPREPLY < <(compgen -W 'none worker submit manager' -- "$cur"); return ;;
    '/ --ssh') COMPREPLY=(); return ;;
    '/ --allow') COMPREPLY=(); return ;;
    '/ --allow-physical') COMPREPLY=(); return ;;
    '/ --reach') COMPREPLY=(); return ;;
    '/ --physical') COMPREPLY=(); return ;;
    '/ --job-user') COMPREPLY=(); return ;;
    '/ --job-uid') COMPREPLY=(); return ;;
    '/ --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/print --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/print --interface') COMPREPLY=(); return ;;
    '/print --port') COMPREPLY=(); return ;;
    '/print --role') mapfile -t COMPREPLY < <(compgen -W 'none worker submit manager' -- "$cur"); return ;;
    '/print --ssh') COMPREPLY=(); return ;;
    '/print --allow') COMPREPLY=(); return ;;
    '/print --allow-physical') COMPREPLY=(); return ;;
    '/print --reach') COMPREPLY=(); return ;;
    '/print --physical') COMPREPLY=(); return ;;
    '/print --job-user') COMPREPLY=(); return ;;
    '/print --job-uid') COMPREPLY=(); return ;;
    '/print --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/print --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/print --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/apply --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/apply --interface') COMPREPLY=(); return ;;
    '/apply --port') COMPREPLY=(); return ;;
    '/apply --role') mapfile -t COMPREPLY < <(compgen -W 'none worker submit manager' -- "$cur"); return ;;
    '/apply --ssh') COMPREPLY=(); return ;;
    '/apply --allow') COMPREPLY=(); return ;;
    '/apply --allow-physical') COMPREPLY=(); return ;;
    '/apply --reach') COMPREPLY=(); return ;;
    '/apply --physical') COMPREPLY=(); return ;;
    '/apply --job-user') COMPREPLY=(); return ;;
    '/apply --job-uid') COMPREPLY=(); return ;;
    '/apply --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/apply --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/apply --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/remove --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/remove --interface') COMPREPLY=(); return ;;
    '/remove --port') COMPREPLY=(); return ;;
    '/remove --role') mapfile -t COMPREPLY < <(compgen -W 'none worker submit manager' -- "$cur"); return ;;
    '/remove --ssh') COMPREPLY=(); return ;;
    '/remove --allow') COMPREPLY=(); return ;;
    '/remove --allow-physical') COMPREPLY=(); return ;;
    '/remove --reach') COMPREPLY=(); return ;;
    '/remove --physical') COMPREPLY=(); return ;;
    '/remove --job-user') COMPREPLY=(); return ;;
    '/remove --job-uid') COMPREPLY=(); return ;;
    '/remove --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/remove --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/remove --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/status --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/status --interface') COMPREPLY=(); return ;;
    '/status --port') COMPREPLY=(); return ;;
    '/status --role') mapfile -t COMPREPLY < <(compgen -W 'none worker submit manager' -- "$cur"); return ;;
    '/status --ssh') COMPREPLY=(); return ;;
    '/status --allow') COMPREPLY=(); return ;;
    '/status --allow-physical') COMPREPLY=(); return ;;
    '/status --reach') COMPREPLY=(); return ;;
    '/status --physical') COMPREPLY=(); return ;;
    '/status --job-user') COMPREPLY=(); return ;;
    '/status --job-uid') COMPREPLY=(); return ;;
    '/status --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/status --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/status --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/watch --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/watch --interface') COMPREPLY=(); return ;;
    '/watch --port') COMPREPLY=(); return ;;
    '/watch --role') mapfile -t COMPREPLY < <(compgen -W 'none worker submit manager' -- "$cur"); return ;;
    '/watch --ssh') COMPREPLY=(); return ;;
    '/watch --allow') COMPREPLY=(); return ;;
    '/watch --allow-physical') COMPREPLY=(); return ;;
    '/watch --reach') COMPREPLY=(); return ;;
    '/watch --physical') COMPREPLY=(); return ;;
    '/watch --job-user') COMPREPLY=(); return ;;
    '/watch --job-uid') COMPREPLY=(); return ;;
    '/watch --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/watch --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/watch --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $arguments" in
    esac
  fi
  case "$command" in
    '/') mapfile -t COMPREPLY < <(compgen -W 'print apply remove status watch -h --help --group --interface --port --role --ssh --allow --allow-physical --reach --physical --job-user --job-uid --dir --socket --json --plain --color --version' -- "$cur") ;;
    '/print') mapfile -t COMPREPLY < <(compgen -W '-h --help --group --interface --port --role --ssh --allow --allow-physical --reach --physical --job-user --job-uid --dir --socket --json --plain --color' -- "$cur") ;;
    '/apply') mapfile -t COMPREPLY < <(compgen -W '-h --help --dry-run --yes --group --interface --port --role --ssh --allow --allow-physical --reach --physical --job-user --job-uid --dir --socket --json --plain --color' -- "$cur") ;;
    '/remove') mapfile -t COMPREPLY < <(compgen -W '-h --help --dry-run --keep --group --interface --port --role --ssh --allow --allow-physical --reach --physical --job-user --job-uid --dir --socket --json --plain --color' -- "$cur") ;;
    '/status') mapfile -t COMPREPLY < <(compgen -W '-h --help --group --interface --port --role --ssh --allow --allow-physical --reach --physical --job-user --job-uid --dir --socket --json --plain --color' -- "$cur") ;;
    '/watch') mapfile -t COMPREPLY < <(compgen -W '-h --help --group --interface --port --role --ssh --allow --allow-physical --reach --physical --job-user --job-uid --dir --socket --json --plain --color' -- "$cur") ;;
  esac
}
complete -F _ga_firewall ga-firewall
