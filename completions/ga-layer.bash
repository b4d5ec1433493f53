# bash completion for ga-layer, made by `ga-layer --completion bash`.
_ga_layer() {
  local cur prev command=/ arguments=0 i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      '/ mount') command=/mount; arguments=0 ;;
      '/ unmount') command=/unmount; arguments=0 ;;
      '/ status') command=/status; arguments=0 ;;
      '/ diff') command=/diff; arguments=0 ;;
      '/ dev') command=/dev; arguments=0 ;;
      '/ blank') command=/blank; arguments=0 ;;
      '/ release') command=/release; arguments=0 ;;
      '/ verify') command=/verify; arguments=0 ;;
      '/ export') command=/export; arguments=0 ;;
      '/ import') command=/import; arguments=0 ;;
      '/ rollback') command=/rollback; arguments=0 ;;
      '/ --store'|'/ --trust'|'/ --group'|'/ --groups'|'/ --color') i=$((i + 1)) ;;
      '/mount --through'|'/mount --store'|'/mount --trust'|'/mount --group'|'/mount --groups'|'/mount --color') i=$((i + 1)) ;;
      '/unmount --store'|'/unmount --trust'|'/unmount --group'|'/unmount --groups'|'/unmount --color') i=$((i + 1)) ;;
      '/status --store'|'/status --trust'|'/status --group'|'/status --groups'|'/status --color') i=$((i + 1)) ;;
      '/diff --store'|'/diff --trust'|'/diff --group'|'/diff --groups'|'/diff --color') i=$((i + 1)) ;;
      '/dev --store'|'/dev --trust'|'/dev --group'|'/dev --groups'|'/dev --color') i=$((i + 1)) ;;
      '/blank --tree'|'/blank --store'|'/blank --trust'|'/blank --group'|'/blank --groups'|'/blank --color') i=$((i + 1)) ;;
      '/release --key'|'/release --certificate'|'/release --passphrase-file'|'/release --tree'|'/release --to'|'/release --number'|'/release --level'|'/release --store'|'/release --trust'|'/release --group'|'/release --groups'|'/release --color') i=$((i + 1)) ;;
      '/verify --store'|'/verify --trust'|'/verify --group'|'/verify --groups'|'/verify --color') i=$((i + 1)) ;;
      '/export --key'|'/export --certificate'|'/export --passphrase-file'|'/export --store'|'/export --trust'|'/export --group'|'/export --groups'|'/export --color') i=$((i + 1)) ;;
      '/import --limit'|'/import --store'|'/import --trust'|'/import --group'|'/import --groups'|'/import --color') i=$((i + 1)) ;;
      '/rollback --store'|'/rollback --trust'|'/rollback --group'|'/rollback --groups'|'/rollback --color') i=$((i + 1)) ;;
      *' '-*) ;;
      *) arguments=$((arguments + 1)) ;;
    esac
  done
  case "$command $prev" in
    '/ --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/ --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/mount --through') mapfile -t COMPREPLY < <(compgen -W 'auto kernel namespace fuse' -- "$cur"); return ;;
    '/mount --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/mount --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/mount --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/mount --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/mount --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/unmount --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/unmount --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/unmount --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/unmount --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/unmount --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/status --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/status --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/status --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/status --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/status --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/diff --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/diff --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/diff --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/diff --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/diff --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/dev --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/dev --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/dev --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/dev --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/dev --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/blank --tree') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/blank --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/blank --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/blank --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/blank --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/blank --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/release --key') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/release --certificate') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/release --passphrase-file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/release --tree') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/release --to') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/release --number') COMPREPLY=(); return ;;
    '/release --level') COMPREPLY=(); return ;;
    '/release --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/release --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/release --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/release --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/release --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/verify --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/verify --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/verify --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/verify --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/verify --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/export --key') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/export --certificate') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/export --passphrase-file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/export --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/export --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/export --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/export --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/export --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/import --limit') COMPREPLY=(); return ;;
    '/import --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/import --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/import --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/import --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/import --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/rollback --store') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/rollback --trust') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/rollback --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/rollback --groups') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/rollback --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $arguments" in
      '/mount 0') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
      '/unmount 0') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
      '/verify '*) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
      '/export 1') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
      '/import 0') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    esac
  fi
  case "$command" in
    '/') mapfile -t COMPREPLY < <(compgen -W 'mount unmount status diff dev blank release verify export import rollback -h --help --store --trust --group --groups --dry-run --json --plain --color --version' -- "$cur") ;;
    '/mount') mapfile -t COMPREPLY < <(compgen -W '-h --help --through --store --trust --group --groups --dry-run --json --plain --color' -- "$cur") ;;
    '/unmount') mapfile -t COMPREPLY < <(compgen -W '-h --help --store --trust --group --groups --dry-run --json --plain --color' -- "$cur") ;;
    '/status') mapfile -t COMPREPLY < <(compgen -W '-h --help --store --trust --group --groups --dry-run --json --plain --color' -- "$cur") ;;
    '/diff') mapfile -t COMPREPLY < <(compgen -W '-h --help --store --trust --group --groups --dry-run --json --plain --color' -- "$cur") ;;
    '/dev') mapfile -t COMPREPLY < <(compgen -W '-h --help --end --store --trust --group --groups --dry-run --json --plain --color' -- "$cur") ;;
    '/blank') mapfile -t COMPREPLY < <(compgen -W '-h --help --tree --store --trust --group --groups --dry-run --json --plain --color' -- "$cur") ;;
    '/release') mapfile -t COMPREPLY < <(compgen -W '-h --help --key --certificate --passphrase-file --tree --base --to --number --level --break-links --store --trust --group --groups --dry-run --json --plain --color' -- "$cur") ;;
    '/verify') mapfile -t COMPREPLY < <(compgen -W '-h --help --deep --store --trust --group --groups --dry-run --json --plain --color' -- "$cur") ;;
    '/export') mapfile -t COMPREPLY < <(compgen -W '-h --help --key --certificate --passphrase-file --store --trust --group --groups --dry-run --json --plain --color' -- "$cur") ;;
    '/import') mapfile -t COMPREPLY < <(compgen -W '-h --help --unsigned --limit --store --trust --group --groups --dry-run --json --plain --color' -- "$cur") ;;
    '/rollback') mapfile -t COMPREPLY < <(compgen -W '-h --help --store --trust --group --groups --dry-run --json --plain --color' -- "$cur") ;;
  esac
}
complete -F _ga_layer ga-layer
