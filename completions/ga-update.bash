# bash completion for ga-update, made by `ga-update --completion bash`.
_ga_update() {
  local cur prev command=/ arguments=0 i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      '/ status') command=/status; arguments=0 ;;
      '/ history') command=/history; arguments=0 ;;
      '/ check') command=/check; arguments=0 ;;
      '/ apply') command=/apply; arguments=0 ;;
      '/ install') command=/install; arguments=0 ;;
      '/ confirm') command=/confirm; arguments=0 ;;
      '/ back') command=/back; arguments=0 ;;
      '/ hold') command=/hold; arguments=0 ;;
      '/ unhold') command=/unhold; arguments=0 ;;
      '/ --store'|'/ --trust'|'/ --group'|'/ --groups'|'/ --socket'|'/ --run'|'/ --color') i=$((i + 1)) ;;
      '/status --store'|'/status --trust'|'/status --group'|'/status --groups'|'/status --socket'|'/status --run'|'/status --color') i=$((i + 1)) ;;
      '/history --store'|'/history --trust'|'/history --group'|'/history --groups'|'/history --socket'|'/history --run'|'/history --color') i=$((i + 1)) ;;
      '/check --store'|'/check --trust'|'/check --group'|'/check --groups'|'/check --socket'|'/check --run'|'/check --color') i=$((i + 1)) ;;
      '/apply --want'|'/apply --limit'|'/apply --boots'|'/apply --at'|'/apply --within'|'/apply --execute'|'/apply --share'|'/apply --every'|'/apply --machines'|'/apply --name'|'/apply --store'|'/apply --trust'|'/apply --group'|'/apply --groups'|'/apply --socket'|'/apply --run'|'/apply --color') i=$((i + 1)) ;;
      '/install --store'|'/install --trust'|'/install --group'|'/install --groups'|'/install --socket'|'/install --run'|'/install --color') i=$((i + 1)) ;;
      '/confirm --store'|'/confirm --trust'|'/confirm --group'|'/confirm --groups'|'/confirm --socket'|'/confirm --run'|'/confirm --color') i=$((i + 1)) ;;
      '/back --store'|'/back --trust'|'/back --group'|'/back --groups'|'/back --socket'|'/back --run'|'/back --color') i=$((i + 1)) ;;
      '/hold --store'|'/hold --trust'|'/hold --group'|'/hold --groups'|'/hold --socket'|'/hold --run'|'/hold --color') i=$((i + 1)) ;;
      '/unhold --store'|'/unhold --trust'|'/unhold --group'|'/unhold --groups'|'/unhold --socket'|'/unhold --run'|'/unhold --color') i=$((i + 1)) ;;
      *' '-*) ;;
      *) arguments=$((arguments + 1)) ;;
    esac
  done
  case "$command $prev" in
    '/ --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/ --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --run') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/status --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/status --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/status --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/status --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/status --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/status --run') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/status --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/history --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/history --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/history --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/history --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/history --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/history --run') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/history --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/check --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/check --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/check --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/check --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/check --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/check --run') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/check --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/apply --want') COMPREPLY=(); return ;;
    '/apply --limit') COMPREPLY=(); return ;;
    '/apply --boots') COMPREPLY=(); return ;;
    '/apply --at') COMPREPLY=(); return ;;
    '/apply --within') COMPREPLY=(); return ;;
    '/apply --execute') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/apply --share') COMPREPLY=(); return ;;
    '/apply --every') COMPREPLY=(); return ;;
    '/apply --machines') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/apply --name') COMPREPLY=(); return ;;
    '/apply --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/apply --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/apply --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/apply --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/apply --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/apply --run') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/apply --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/install --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/install --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/install --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/install --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/install --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/install --run') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/install --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/confirm --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/confirm --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/confirm --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/confirm --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/confirm --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/confirm --run') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/confirm --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/back --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/back --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/back --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/back --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/back --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/back --run') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/back --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/hold --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/hold --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/hold --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/hold --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/hold --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/hold --run') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/hold --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/unhold --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/unhold --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/unhold --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/unhold --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/unhold --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/unhold --run') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/unhold --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $arguments" in
      '/check 0') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
      '/apply 0') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    esac
  fi
  case "$command" in
    '/') mapfile -t COMPREPLY < <(compgen -W 'status history check apply install confirm back hold unhold -h --help --store --trust --group --groups --socket --run --dry-run --json --plain --color --version' -- "$cur") ;;
    '/status') mapfile -t COMPREPLY < <(compgen -W '-h --help --store --trust --group --groups --socket --run --dry-run --json --plain --color' -- "$cur") ;;
    '/history') mapfile -t COMPREPLY < <(compgen -W '-h --help --store --trust --group --groups --socket --run --dry-run --json --plain --color' -- "$cur") ;;
    '/check') mapfile -t COMPREPLY < <(compgen -W '-h --help --packages --again --other-signer --store --trust --group --groups --socket --run --dry-run --json --plain --color' -- "$cur") ;;
    '/apply') mapfile -t COMPREPLY < <(compgen -W '-h --help --packages --again --other-signer --want --limit --boots --at --within --when-idle --execute --share --every --machines --name --no-restart --store --trust --group --groups --socket --run --dry-run --json --plain --color' -- "$cur") ;;
    '/install') mapfile -t COMPREPLY < <(compgen -W '-h --help --store --trust --group --groups --socket --run --dry-run --json --plain --color' -- "$cur") ;;
    '/confirm') mapfile -t COMPREPLY < <(compgen -W '-h --help --store --trust --group --groups --socket --run --dry-run --json --plain --color' -- "$cur") ;;
    '/back') mapfile -t COMPREPLY < <(compgen -W '-h --help --no-restart --store --trust --group --groups --socket --run --dry-run --json --plain --color' -- "$cur") ;;
    '/hold') mapfile -t COMPREPLY < <(compgen -W '-h --help --store --trust --group --groups --socket --run --dry-run --json --plain --color' -- "$cur") ;;
    '/unhold') mapfile -t COMPREPLY < <(compgen -W '-h --help --store --trust --group --groups --socket --run --dry-run --json --plain --color' -- "$cur") ;;
  esac
}
complete -F _ga_update ga-update
