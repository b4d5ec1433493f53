# bash completion for ga-group, made by `ga-group --completion bash`.
_ga_group() {
  local cur prev command=/ arguments=0 i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      '/ new') command=/new; arguments=0 ;;
      '/ close') command=/close; arguments=0 ;;
      '/ leave') command=/leave; arguments=0 ;;
      '/ join') command=/join; arguments=0 ;;
      '/ rotate') command=/rotate; arguments=0 ;;
      '/ accept') command=/accept; arguments=0 ;;
      '/ addresses') command=/addresses; arguments=0 ;;
      '/ medium') command=/medium; arguments=0 ;;
      '/ adopt') command=/adopt; arguments=0 ;;
      '/ token') command=/token; arguments=0 ;;
      '/ list') command=/list; arguments=0 ;;
      '/ show') command=/show; arguments=0 ;;
      '/ check') command=/check; arguments=0 ;;
      '/ --dir'|'/ --socket'|'/ --color'|'/ --authorities'|'/ --states') i=$((i + 1)) ;;
      '/new --prefix'|'/new --domain'|'/new --bootstrap'|'/new --port'|'/new --authority'|'/new --user'|'/new --passphrase-file'|'/new --entrance-prefix'|'/new --expires'|'/new --dir'|'/new --socket'|'/new --color'|'/new --authorities'|'/new --states') i=$((i + 1)) ;;
      '/close --user'|'/close --passphrase-file'|'/close --entrance-prefix'|'/close --expires'|'/close --dir'|'/close --socket'|'/close --color'|'/close --authorities'|'/close --states') i=$((i + 1)) ;;
      '/leave --dir'|'/leave --socket'|'/leave --color'|'/leave --authorities'|'/leave --states') i=$((i + 1)) ;;
      '/join --name'|'/join --user'|'/join --enrolment-file'|'/join --timeout'|'/join --dir'|'/join --socket'|'/join --color'|'/join --authorities'|'/join --states') i=$((i + 1)) ;;
      '/rotate --out'|'/rotate --member'|'/rotate --all-except'|'/rotate --authority'|'/rotate --signer'|'/rotate --passphrase-file'|'/rotate --new-passphrase-file'|'/rotate --bootstrap'|'/rotate --state-dir'|'/rotate --timeout'|'/rotate --dir'|'/rotate --socket'|'/rotate --color'|'/rotate --authorities'|'/rotate --states') i=$((i + 1)) ;;
      '/accept --group'|'/accept --state-dir'|'/accept --timeout'|'/accept --dir'|'/accept --socket'|'/accept --color'|'/accept --authorities'|'/accept --states') i=$((i + 1)) ;;
      '/addresses --server'|'/addresses --key'|'/addresses --pool'|'/addresses --fallback'|'/addresses --dir'|'/addresses --socket'|'/addresses --color'|'/addresses --authorities'|'/addresses --states') i=$((i + 1)) ;;
      '/medium --out'|'/medium --role'|'/medium --pool'|'/medium --user'|'/medium --enrolment-file'|'/medium --ssh-key'|'/medium --host-name'|'/medium --expires'|'/medium --dir'|'/medium --socket'|'/medium --color'|'/medium --authorities'|'/medium --states') i=$((i + 1)) ;;
      '/adopt --root'|'/adopt --timeout'|'/adopt --dir'|'/adopt --socket'|'/adopt --color'|'/adopt --authorities'|'/adopt --states') i=$((i + 1)) ;;
      '/token --expires'|'/token --dir'|'/token --socket'|'/token --color'|'/token --authorities'|'/token --states') i=$((i + 1)) ;;
      '/list --dir'|'/list --socket'|'/list --color'|'/list --authorities'|'/list --states') i=$((i + 1)) ;;
      '/show --dir'|'/show --socket'|'/show --color'|'/show --authorities'|'/show --states') i=$((i + 1)) ;;
      '/check --dir'|'/check --socket'|'/check --color'|'/check --authorities'|'/check --states') i=$((i + 1)) ;;
      *' '-*) ;;
      *) arguments=$((arguments + 1)) ;;
    esac
  done
  case "$command $prev" in
    '/ --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/ --authorities') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/new --prefix') COMPREPLY=(); return ;;
    '/new --domain') COMPREPLY=(); return ;;
    '/new --bootstrap') COMPREPLY=(); return ;;
    '/new --port') COMPREPLY=(); return ;;
    '/new --authority') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/new --user') COMPREPLY=(); return ;;
    '/new --passphrase-file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/new --entrance-prefix') COMPREPLY=(); return ;;
    '/new --expires') COMPREPLY=(); return ;;
    '/new --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/new --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/new --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/new --authorities') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/new --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/close --user') COMPREPLY=(); return ;;
    '/close --passphrase-file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/close --entrance-prefix') COMPREPLY=(); return ;;
    '/close --expires') COMPREPLY=(); return ;;
    '/close --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/close --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/close --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/close --authorities') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/close --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/leave --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/leave --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/leave --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/leave --authorities') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/leave --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/join --name') COMPREPLY=(); return ;;
    '/join --user') COMPREPLY=(); return ;;
    '/join --enrolment-file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/join --timeout') COMPREPLY=(); return ;;
    '/join --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/join --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/join --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/join --authorities') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/join --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/rotate --out') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/rotate --member') mapfile -t COMPREPLY < <(compgen -W "$(ls /var/lib/ga/authority 2>/dev/null | xargs -I % ga-cert list --certificates --authority % --plain 2>/dev/null | cut -f 1,2 | tr "\t" "\n")" -- "$cur"); return ;;
    '/rotate --all-except') mapfile -t COMPREPLY < <(compgen -W "$(ls /var/lib/ga/authority 2>/dev/null | xargs -I % ga-cert list --certificates --authority % --plain 2>/dev/null | cut -f 1,2 | tr "\t" "\n")" -- "$cur"); return ;;
    '/rotate --authority') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/rotate --signer') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/rotate --passphrase-file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/rotate --new-passphrase-file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/rotate --bootstrap') COMPREPLY=(); return ;;
    '/rotate --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/rotate --timeout') COMPREPLY=(); return ;;
    '/rotate --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/rotate --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/rotate --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/rotate --authorities') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/rotate --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/accept --group') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    '/accept --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/accept --timeout') COMPREPLY=(); return ;;
    '/accept --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/accept --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/accept --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/accept --authorities') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/accept --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/addresses --server') COMPREPLY=(); return ;;
    '/addresses --key') COMPREPLY=(); return ;;
    '/addresses --pool') COMPREPLY=(); return ;;
    '/addresses --fallback') mapfile -t COMPREPLY < <(compgen -W 'ring none' -- "$cur"); return ;;
    '/addresses --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/addresses --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/addresses --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/addresses --authorities') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/addresses --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/medium --out') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/medium --role') mapfile -t COMPREPLY < <(compgen -W 'manager worker submit' -- "$cur"); return ;;
    '/medium --pool') COMPREPLY=(); return ;;
    '/medium --user') COMPREPLY=(); return ;;
    '/medium --enrolment-file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/medium --ssh-key') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/medium --host-name') COMPREPLY=(); return ;;
    '/medium --expires') COMPREPLY=(); return ;;
    '/medium --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/medium --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/medium --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/medium --authorities') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/medium --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/adopt --root') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/adopt --timeout') COMPREPLY=(); return ;;
    '/adopt --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/adopt --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/adopt --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/adopt --authorities') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/adopt --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/token --expires') COMPREPLY=(); return ;;
    '/token --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/token --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/token --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/token --authorities') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/token --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/list --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/list --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/list --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/list --authorities') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/list --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/show --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/show --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/show --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/show --authorities') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/show --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/check --dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/check --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/check --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
    '/check --authorities') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/check --states') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $arguments" in
      '/close 0') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
      '/leave 0') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
      '/rotate 0') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
      '/accept 0') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
      '/addresses 0') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
      '/medium 0') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
      '/adopt '*) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
      '/token 0') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
      '/show 0') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
      '/check 0') mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/etc/ipop/*.toml' | sed 's|.*/||; s|[.]toml$||')" -- "$cur"); return ;;
    esac
  fi
  case "$command" in
    '/') mapfile -t COMPREPLY < <(compgen -W 'new close leave join rotate accept addresses medium adopt token list show check -h --help --dir --socket --json --plain --color --authorities --states --version' -- "$cur") ;;
    '/new') mapfile -t COMPREPLY < <(compgen -W '-h --help --prefix --domain --bootstrap --port --authority --closed --user --passphrase-file --entrance-prefix --expires --qr --no-start --dry-run --dir --socket --json --plain --color --authorities --states' -- "$cur") ;;
    '/close') mapfile -t COMPREPLY < <(compgen -W '-h --help --user --passphrase-file --entrance-prefix --expires --qr --no-start --dir --socket --json --plain --color --authorities --states' -- "$cur") ;;
    '/leave') mapfile -t COMPREPLY < <(compgen -W '-h --help --back --dir --socket --json --plain --color --authorities --states' -- "$cur") ;;
    '/join') mapfile -t COMPREPLY < <(compgen -W '-h --help --name --no-start --user --enrolment-file --replace --dry-run --timeout --dir --socket --json --plain --color --authorities --states' -- "$cur") ;;
    '/rotate') mapfile -t COMPREPLY < <(compgen -W '-h --help --out --member --all-except --all --authority --signer --passphrase-file --new-passphrase-file --bootstrap --state-dir --stay --dry-run --timeout --dir --socket --json --plain --color --authorities --states' -- "$cur") ;;
    '/accept') mapfile -t COMPREPLY < <(compgen -W '-h --help --group --state-dir --dry-run --timeout --dir --socket --json --plain --color --authorities --states' -- "$cur") ;;
    '/addresses') mapfile -t COMPREPLY < <(compgen -W '-h --help --server --key --pool --fallback --ring --dir --socket --json --plain --color --authorities --states' -- "$cur") ;;
    '/medium') mapfile -t COMPREPLY < <(compgen -W '-h --help --out --host-node --role --pool --user --enrolment-file --ssh-key --host-name --expires --dir --socket --json --plain --color --authorities --states' -- "$cur") ;;
    '/adopt') mapfile -t COMPREPLY < <(compgen -W '-h --help --root --no-start --dry-run --timeout --dir --socket --json --plain --color --authorities --states' -- "$cur") ;;
    '/token') mapfile -t COMPREPLY < <(compgen -W '-h --help --expires --qr --dir --socket --json --plain --color --authorities --states' -- "$cur") ;;
    '/list') mapfile -t COMPREPLY < <(compgen -W '-h --help --dir --socket --json --plain --color --authorities --states' -- "$cur") ;;
    '/show') mapfile -t COMPREPLY < <(compgen -W '-h --help --dir --socket --json --plain --color --authorities --states' -- "$cur") ;;
    '/check') mapfile -t COMPREPLY < <(compgen -W '-h --help --dir --socket --json --plain --color --authorities --states' -- "$cur") ;;
  esac
}
complete -F _ga_group ga-group
