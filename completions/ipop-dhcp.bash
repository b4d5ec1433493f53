# bash completion for ipop-dhcp, made by `ipop-dhcp --completion bash`.
_ipop_dhcp() {
  local cur prev command=/ arguments=0 i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      '/ serve') command=/serve; arguments=0 ;;
      '/ list') command=/list; arguments=0 ;;
      '/ show') command=/show; arguments=0 ;;
      '/ reserve') command=/reserve; arguments=0 ;;
      '/ release') command=/release; arguments=0 ;;
      '/ import') command=/import; arguments=0 ;;
      '/ export') command=/export; arguments=0 ;;
      '/ config') command=/config; arguments=0 ;;
      '/ history') command=/history; arguments=0 ;;
      '/ follow') command=/follow; arguments=0 ;;
      '/ ask') command=/ask; arguments=0 ;;
      '/ promote') command=/promote; arguments=0 ;;
      '/ check') command=/check; arguments=0 ;;
      '/ --group'|'/ --directory'|'/ --groups'|'/ --states'|'/ --socket'|'/ --color') i=$((i + 1)) ;;
      '/serve --listen'|'/serve --certificate'|'/serve --key'|'/serve --group'|'/serve --directory'|'/serve --groups'|'/serve --states'|'/serve --socket'|'/serve --color') i=$((i + 1)) ;;
      '/list --after'|'/list --limit'|'/list --group'|'/list --directory'|'/list --groups'|'/list --states'|'/list --socket'|'/list --color') i=$((i + 1)) ;;
      '/show --group'|'/show --directory'|'/show --groups'|'/show --states'|'/show --socket'|'/show --color') i=$((i + 1)) ;;
      '/reserve --note'|'/reserve --node'|'/reserve --name'|'/reserve --user'|'/reserve --group'|'/reserve --directory'|'/reserve --groups'|'/reserve --states'|'/reserve --socket'|'/reserve --color') i=$((i + 1)) ;;
      '/release --group'|'/release --directory'|'/release --groups'|'/release --states'|'/release --socket'|'/release --color') i=$((i + 1)) ;;
      '/import --group'|'/import --directory'|'/import --groups'|'/import --states'|'/import --socket'|'/import --color') i=$((i + 1)) ;;
      '/export --group'|'/export --directory'|'/export --groups'|'/export --states'|'/export --socket'|'/export --color') i=$((i + 1)) ;;
      '/config --prefix'|'/config --range'|'/config --exclude'|'/config --lease-time'|'/config --mtu'|'/config --quota'|'/config --unsigned'|'/config --group'|'/config --directory'|'/config --groups'|'/config --states'|'/config --socket'|'/config --color') i=$((i + 1)) ;;
      '/history --at'|'/history --group'|'/history --directory'|'/history --groups'|'/history --states'|'/history --socket'|'/history --color') i=$((i + 1)) ;;
      '/follow --server-key'|'/follow --group'|'/follow --directory'|'/follow --groups'|'/follow --states'|'/follow --socket'|'/follow --color') i=$((i + 1)) ;;
      '/ask --group'|'/ask --directory'|'/ask --groups'|'/ask --states'|'/ask --socket'|'/ask --color') i=$((i + 1)) ;;
      '/promote --group'|'/promote --directory'|'/promote --groups'|'/promote --states'|'/promote --socket'|'/promote --color') i=$((i + 1)) ;;
      '/check --group'|'/check --directory'|'/check --groups'|'/check --states'|'/check --socket'|'/check --color') i=$((i + 1)) ;;
      *' '-*) ;;
      *) arguments=$((arguments + 1)) ;;
    esac
  done
  case "$command $prev" in
    '/ --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/ --directory') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/serve --listen') COMPREPLY=(); return ;;
    '/serve --certificate') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/serve --key') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/serve --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/serve --directory') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/serve --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/serve --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/serve --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/serve --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/list --after') COMPREPLY=(); return ;;
    '/list --limit') COMPREPLY=(); return ;;
    '/list --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/list --directory') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/list --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/list --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/list --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/list --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/show --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/show --directory') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/show --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/show --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/show --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/show --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/reserve --note') COMPREPLY=(); return ;;
    '/reserve --node') mapfile -t COMPREPLY < <(compgen -W "$(find /run/ipop -name "*.sock" 2>/dev/null | xargs -I % ipop-ctl --socket % members --plain 2>/dev/null | cut -f 3)" -- "$cur"); return ;;
    '/reserve --name') COMPREPLY=(); return ;;
    '/reserve --user') COMPREPLY=(); return ;;
    '/reserve --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/reserve --directory') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/reserve --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/reserve --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/reserve --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/reserve --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/release --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/release --directory') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/release --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/release --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/release --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/release --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/import --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/import --directory') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/import --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/import --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/import --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/import --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/export --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/export --directory') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/export --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/export --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/export --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/export --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/config --prefix') COMPREPLY=(); return ;;
    '/config --range') COMPREPLY=(); return ;;
    '/config --exclude') COMPREPLY=(); return ;;
    '/config --lease-time') COMPREPLY=(); return ;;
    '/config --mtu') COMPREPLY=(); return ;;
    '/config --quota') COMPREPLY=(); return ;;
    '/config --unsigned') COMPREPLY=(); return ;;
    '/config --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/config --directory') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/config --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/config --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/config --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/config --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/history --at') COMPREPLY=(); return ;;
    '/history --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/history --directory') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/history --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/history --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/history --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/history --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/follow --server-key') COMPREPLY=(); return ;;
    '/follow --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/follow --directory') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/follow --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/follow --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/follow --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/follow --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/ask --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/ask --directory') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ask --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ask --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ask --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ask --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/promote --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/promote --directory') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/promote --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/promote --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/promote --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/promote --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/check --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/check --directory') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/check --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/check --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/check --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/check --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $arguments" in
      '/show 0') mapfile -t COMPREPLY < <(compgen -W "$(find /run/ipop -name "*.sock" 2>/dev/null | xargs -I % ipop-ctl --socket % members --plain 2>/dev/null | cut -f 3)" -- "$cur"); return ;;
    esac
  fi
  case "$command" in
    '/') mapfile -t COMPREPLY < <(compgen -W 'serve list show reserve release import export config history follow ask promote check -h --help --group --directory --groups --states --socket --json --plain --color --version' -- "$cur") ;;
    '/serve') mapfile -t COMPREPLY < <(compgen -W '-h --help --listen --certificate --key --group --directory --groups --states --socket --json --plain --color' -- "$cur") ;;
    '/list') mapfile -t COMPREPLY < <(compgen -W '-h --help --all --after --limit --group --directory --groups --states --socket --json --plain --color' -- "$cur") ;;
    '/show') mapfile -t COMPREPLY < <(compgen -W '-h --help --group --directory --groups --states --socket --json --plain --color' -- "$cur") ;;
    '/reserve') mapfile -t COMPREPLY < <(compgen -W '-h --help --note --node --name --user --end --group --directory --groups --states --socket --json --plain --color' -- "$cur") ;;
    '/release') mapfile -t COMPREPLY < <(compgen -W '-h --help --group --directory --groups --states --socket --json --plain --color' -- "$cur") ;;
    '/import') mapfile -t COMPREPLY < <(compgen -W '-h --help --from-dht --dry-run --group --directory --groups --states --socket --json --plain --color' -- "$cur") ;;
    '/export') mapfile -t COMPREPLY < <(compgen -W '-h --help --csv --group --directory --groups --states --socket --json --plain --color' -- "$cur") ;;
    '/config') mapfile -t COMPREPLY < <(compgen -W '-h --help --prefix --range --exclude --lease-time --mtu --quota --unsigned --group --directory --groups --states --socket --json --plain --color' -- "$cur") ;;
    '/history') mapfile -t COMPREPLY < <(compgen -W '-h --help --at --group --directory --groups --states --socket --json --plain --color' -- "$cur") ;;
    '/follow') mapfile -t COMPREPLY < <(compgen -W '-h --help --server-key --once --group --directory --groups --states --socket --json --plain --color' -- "$cur") ;;
    '/ask') mapfile -t COMPREPLY < <(compgen -W '-h --help --group --directory --groups --states --socket --json --plain --color' -- "$cur") ;;
    '/promote') mapfile -t COMPREPLY < <(compgen -W '-h --help --group --directory --groups --states --socket --json --plain --color' -- "$cur") ;;
    '/check') mapfile -t COMPREPLY < <(compgen -W '-h --help --group --directory --groups --states --socket --json --plain --color' -- "$cur") ;;
  esac
}
complete -F _ipop_dhcp ipop-dhcp
