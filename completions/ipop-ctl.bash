# bash completion for ipop-ctl, made by `ipop-ctl --completion bash`.
_ipop_ctl() {
  local cur prev command=/ arguments=0 i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      '/ status') command=/status; arguments=0 ;;
      '/ peers') command=/peers; arguments=0 ;;
      '/ events') command=/events; arguments=0 ;;
      '/ metrics') command=/metrics; arguments=0 ;;
      '/ endpoints') command=/endpoints; arguments=0 ;;
      '/ reload') command=/reload; arguments=0 ;;
      '/ stop') command=/stop; arguments=0 ;;
      '/ members') command=/members; arguments=0 ;;
      '/ why') command=/why; arguments=0 ;;
      '/ ping') command=/ping; arguments=0 ;;
      '/ dht') command=/dht; arguments=0 ;;
      '/ wait') command=/wait; arguments=0 ;;
      '/ --socket'|'/ --group'|'/ --timeout'|'/ --color') i=$((i + 1)) ;;
      '/status --socket'|'/status --group'|'/status --timeout'|'/status --color') i=$((i + 1)) ;;
      '/peers --socket'|'/peers --group'|'/peers --timeout'|'/peers --color') i=$((i + 1)) ;;
      '/events --socket'|'/events --group'|'/events --timeout'|'/events --color') i=$((i + 1)) ;;
      '/metrics --socket'|'/metrics --group'|'/metrics --timeout'|'/metrics --color') i=$((i + 1)) ;;
      '/endpoints --socket'|'/endpoints --group'|'/endpoints --timeout'|'/endpoints --color') i=$((i + 1)) ;;
      '/reload --socket'|'/reload --group'|'/reload --timeout'|'/reload --color') i=$((i + 1)) ;;
      '/stop --socket'|'/stop --group'|'/stop --timeout'|'/stop --color') i=$((i + 1)) ;;
      '/members --limit'|'/members --socket'|'/members --group'|'/members --timeout'|'/members --color') i=$((i + 1)) ;;
      '/why --socket'|'/why --group'|'/why --timeout'|'/why --color') i=$((i + 1)) ;;
      '/ping -c'|'/ping --count'|'/ping --socket'|'/ping --group'|'/ping --timeout'|'/ping --color') i=$((i + 1)) ;;
      '/dht get') command=/dht/get; arguments=0 ;;
      '/dht put') command=/dht/put; arguments=0 ;;
      '/dht create') command=/dht/create; arguments=0 ;;
      '/dht watch') command=/dht/watch; arguments=0 ;;
      '/dht --socket'|'/dht --group'|'/dht --timeout'|'/dht --color') i=$((i + 1)) ;;
      '/dht/get --socket'|'/dht/get --group'|'/dht/get --timeout'|'/dht/get --color') i=$((i + 1)) ;;
      '/dht/put --ttl'|'/dht/put --socket'|'/dht/put --group'|'/dht/put --timeout'|'/dht/put --color') i=$((i + 1)) ;;
      '/dht/create --ttl'|'/dht/create --socket'|'/dht/create --group'|'/dht/create --timeout'|'/dht/create --color') i=$((i + 1)) ;;
      '/dht/watch --socket'|'/dht/watch --group'|'/dht/watch --timeout'|'/dht/watch --color') i=$((i + 1)) ;;
      '/wait lease') command=/wait/lease; arguments=0 ;;
      '/wait peer') command=/wait/peer; arguments=0 ;;
      '/wait --socket'|'/wait --group'|'/wait --timeout'|'/wait --color') i=$((i + 1)) ;;
      '/wait/lease --socket'|'/wait/lease --group'|'/wait/lease --timeout'|'/wait/lease --color') i=$((i + 1)) ;;
      '/wait/peer --socket'|'/wait/peer --group'|'/wait/peer --timeout'|'/wait/peer --color') i=$((i + 1)) ;;
      *' '-*) ;;
      *) arguments=$((arguments + 1)) ;;
    esac
  done
  case "$command $prev" in
    '/ --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/ --timeout') COMPREPLY=(); return ;;
    '/ --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/status --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/status --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/status --timeout') COMPREPLY=(); return ;;
    '/status --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/peers --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/peers --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/peers --timeout') COMPREPLY=(); return ;;
    '/peers --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/events --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/events --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/events --timeout') COMPREPLY=(); return ;;
    '/events --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/metrics --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/metrics --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/metrics --timeout') COMPREPLY=(); return ;;
    '/metrics --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/endpoints --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/endpoints --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/endpoints --timeout') COMPREPLY=(); return ;;
    '/endpoints --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/reload --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/reload --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/reload --timeout') COMPREPLY=(); return ;;
    '/reload --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/stop --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/stop --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/stop --timeout') COMPREPLY=(); return ;;
    '/stop --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/members --limit') COMPREPLY=(); return ;;
    '/members --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/members --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/members --timeout') COMPREPLY=(); return ;;
    '/members --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/why --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/why --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/why --timeout') COMPREPLY=(); return ;;
    '/why --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/ping -c'|'/ping --count') COMPREPLY=(); return ;;
    '/ping --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ping --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/ping --timeout') COMPREPLY=(); return ;;
    '/ping --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/dht --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/dht --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/dht --timeout') COMPREPLY=(); return ;;
    '/dht --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/dht/get --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/dht/get --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/dht/get --timeout') COMPREPLY=(); return ;;
    '/dht/get --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/dht/put --ttl') COMPREPLY=(); return ;;
    '/dht/put --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/dht/put --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/dht/put --timeout') COMPREPLY=(); return ;;
    '/dht/put --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/dht/create --ttl') COMPREPLY=(); return ;;
    '/dht/create --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/dht/create --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/dht/create --timeout') COMPREPLY=(); return ;;
    '/dht/create --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/dht/watch --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/dht/watch --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/dht/watch --timeout') COMPREPLY=(); return ;;
    '/dht/watch --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/wait --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/wait --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/wait --timeout') COMPREPLY=(); return ;;
    '/wait --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/wait/lease --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/wait/lease --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/wait/lease --timeout') COMPREPLY=(); return ;;
    '/wait/lease --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/wait/peer --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/wait/peer --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/wait/peer --timeout') COMPREPLY=(); return ;;
    '/wait/peer --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $arguments" in
      '/why 0') mapfile -t COMPREPLY < <(compgen -W "$(find /run/ipop -name "*.sock" 2>/dev/null | xargs -I % ipop-ctl --socket % members --plain 2>/dev/null | cut -f 3)" -- "$cur"); return ;;
      '/ping 0') mapfile -t COMPREPLY < <(compgen -W "$(find /run/ipop -name "*.sock" 2>/dev/null | xargs -I % ipop-ctl --socket % members --plain 2>/dev/null | cut -f 3)" -- "$cur"); return ;;
    esac
  fi
  case "$command" in
    '/') mapfile -t COMPREPLY < <(compgen -W 'status peers events metrics endpoints reload stop members why ping dht wait -h --help --socket --group --timeout --json --plain --color --version' -- "$cur") ;;
    '/status') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/peers') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/events') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/metrics') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/endpoints') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/reload') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/stop') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/members') mapfile -t COMPREPLY < <(compgen -W '-h --help --limit --all --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/why') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/ping') mapfile -t COMPREPLY < <(compgen -W '-h --help -c --count --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/dht') mapfile -t COMPREPLY < <(compgen -W 'get put create watch -h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/dht/get') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/dht/put') mapfile -t COMPREPLY < <(compgen -W '-h --help --ttl --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/dht/create') mapfile -t COMPREPLY < <(compgen -W '-h --help --ttl --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/dht/watch') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/wait') mapfile -t COMPREPLY < <(compgen -W 'lease peer -h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/wait/lease') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
    '/wait/peer') mapfile -t COMPREPLY < <(compgen -W '-h --help --socket --group --timeout --json --plain --color' -- "$cur") ;;
  esac
}
complete -F _ipop_ctl ipop-ctl
