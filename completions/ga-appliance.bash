# bash completion for ga-appliance, made by `ga-appliance --completion bash`.
_ga_appliance() {
  local cur prev command=/ arguments=0 i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      '/ start') command=/start; arguments=0 ;;
      '/ stop') command=/stop; arguments=0 ;;
      '/ reset') command=/reset; arguments=0 ;;
      '/ delete') command=/delete; arguments=0 ;;
      '/ list') command=/list; arguments=0 ;;
      '/ console') command=/console; arguments=0 ;;
      '/ ssh') command=/ssh; arguments=0 ;;
      '/ --dir'|'/ --color') i=$((i + 1)) ;;
      '/start --image'|'/start --medium'|'/start --group'|'/start --bridge'|'/start --role'|'/start --ssh-key'|'/start --memory'|'/start --processors'|'/start --accelerator'|'/start --dir'|'/start --color') i=$((i + 1)) ;;
      '/stop --timeout'|'/stop --dir'|'/stop --color') i=$((i + 1)) ;;
      '/reset --dir'|'/reset --color') i=$((i + 1)) ;;
      '/delete --dir'|'/delete --color') i=$((i + 1)) ;;
      '/list --dir'|'/list --color') i=$((i + 1)) ;;
      '/console --dir'|'/console --color') i=$((i + 1)) ;;
      '/ssh --domain'|'/ssh --dir'|'/ssh --color') i=$((i + 1)) ;;
      *' '-*) ;;
      *) arguments=$((arguments + 1)) ;;
    esac
  done
  case "$command $prev" in
    '/ --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/start --image') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/start --medium') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/start --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/start --bridge') COMPREPLY=(); return ;;
    '/start --role') COMPREPLY=(); return ;;
    '/start --ssh-key') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/start --memory') COMPREPLY=(); return ;;
    '/start --processors') COMPREPLY=(); return ;;
    '/start --accelerator') mapfile -t COMPREPLY < <(compgen -W 'auto kvm tcg' -- "$cur"); return ;;
    '/start --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/start --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/stop --timeout') COMPREPLY=(); return ;;
    '/stop --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/stop --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/reset --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/reset --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/delete --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/delete --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/list --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/list --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/console --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/console --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/ssh --domain') COMPREPLY=(); return ;;
    '/ssh --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ssh --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $arguments" in
    esac
  fi
  case "$command" in
    '/') mapfile -t COMPREPLY < <(compgen -W 'start stop reset delete list console ssh -h --help --dir --dry-run --json --plain --color --version' -- "$cur") ;;
    '/start') mapfile -t COMPREPLY < <(compgen -W '-h --help --image --medium --group --bridge --host-node --role --ssh-key --memory --processors --accelerator --dir --dry-run --json --plain --color' -- "$cur") ;;
    '/stop') mapfile -t COMPREPLY < <(compgen -W '-h --help --now --timeout --dir --dry-run --json --plain --color' -- "$cur") ;;
    '/reset') mapfile -t COMPREPLY < <(compgen -W '-h --help --dir --dry-run --json --plain --color' -- "$cur") ;;
    '/delete') mapfile -t COMPREPLY < <(compgen -W '-h --help --dir --dry-run --json --plain --color' -- "$cur") ;;
    '/list') mapfile -t COMPREPLY < <(compgen -W '-h --help --dir --dry-run --json --plain --color' -- "$cur") ;;
    '/console') mapfile -t COMPREPLY < <(compgen -W '-h --help --log --dir --dry-run --json --plain --color' -- "$cur") ;;
    '/ssh') mapfile -t COMPREPLY < <(compgen -W '-h --help --domain --dir --dry-run --json --plain --color' -- "$cur") ;;
  esac
}
complete -F _ga_appliance ga-appliance
