# bash completion for ipop-node, made by `ipop-node --completion bash`.
_ipop_node() {
  local cur prev command=/ arguments=0 i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      '/ run') command=/run; arguments=0 ;;
      '/ config') command=/config; arguments=0 ;;
      '/ --group'|'/ --group-file'|'/ --config'|'/ --state-dir'|'/ --socket'|'/ --port'|'/ --tap'|'/ --hostname'|'/ --host-name'|'/ --bootstrap'|'/ --prefix'|'/ --mtu'|'/ --relay-share'|'/ --relay-limit'|'/ --dns-servers'|'/ --dns-server'|'/ --exclude'|'/ --no-offload'|'/ --cipher'|'/ --workers'|'/ --log-level') i=$((i + 1)) ;;
      '/run --group'|'/run --group-file'|'/run --config'|'/run --state-dir'|'/run --socket'|'/run --port'|'/run --tap'|'/run --hostname'|'/run --host-name'|'/run --bootstrap'|'/run --prefix'|'/run --mtu'|'/run --relay-share'|'/run --relay-limit'|'/run --dns-servers'|'/run --dns-server'|'/run --exclude'|'/run --no-offload'|'/run --cipher'|'/run --workers'|'/run --log-level') i=$((i + 1)) ;;
      '/config check') command=/config/check; arguments=0 ;;
      '/config show') command=/config/show; arguments=0 ;;
      '/config --group'|'/config --group-file'|'/config --config'|'/config --state-dir'|'/config --socket'|'/config --port'|'/config --tap'|'/config --hostname'|'/config --host-name'|'/config --bootstrap'|'/config --prefix'|'/config --mtu'|'/config --relay-share'|'/config --relay-limit'|'/config --dns-servers'|'/config --dns-server'|'/config --exclude'|'/config --no-offload'|'/config --cipher'|'/config --workers'|'/config --log-level') i=$((i + 1)) ;;
      '/config/check --group'|'/config/check --group-file'|'/config/check --config'|'/config/check --state-dir'|'/config/check --socket'|'/config/check --port'|'/config/check --tap'|'/config/check --hostname'|'/config/check --host-name'|'/config/check --bootstrap'|'/config/check --prefix'|'/config/check --mtu'|'/config/check --relay-share'|'/config/check --relay-limit'|'/config/check --dns-servers'|'/config/check --dns-server'|'/config/check --exclude'|'/config/check --no-offload'|'/config/check --cipher'|'/config/check --workers'|'/config/check --log-level') i=$((i + 1)) ;;
      '/config/show --group'|'/config/show --group-file'|'/config/show --config'|'/config/show --state-dir'|'/config/show --socket'|'/config/show --port'|'/config/show --tap'|'/config/show --hostname'|'/config/show --host-name'|'/config/show --bootstrap'|'/config/show --prefix'|'/config/show --mtu'|'/config/show --relay-share'|'/config/show --relay-limit'|'/config/show --dns-servers'|'/config/show --dns-server'|'/config/show --exclude'|'/config/show --no-offload'|'/config/show --cipher'|'/config/show --workers'|'/config/show --log-level') i=$((i + 1)) ;;
      *' '-*) ;;
      *) arguments=$((arguments + 1)) ;;
    esac
  done
  case "$command $prev" in
    '/ --group'|'/ --group-file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --config') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/ --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/ --port') COMPREPLY=(); return ;;
    '/ --tap') COMPREPLY=(); return ;;
    '/ --hostname'|'/ --host-name') COMPREPLY=(); return ;;
    '/ --bootstrap') COMPREPLY=(); return ;;
    '/ --prefix') COMPREPLY=(); return ;;
    '/ --mtu') COMPREPLY=(); return ;;
    '/ --relay-share') COMPREPLY=(); return ;;
    '/ --relay-limit') COMPREPLY=(); return ;;
    '/ --dns-servers'|'/ --dns-server') COMPREPLY=(); return ;;
    '/ --exclude') COMPREPLY=(); return ;;
    '/ --no-offload') COMPREPLY=(); return ;;
    '/ --cipher') mapfile -t COMPREPLY < <(compgen -W 'auto openssl ipsec-mb chacha20-poly1305' -- "$cur"); return ;;
    '/ --workers') mapfile -t COMPREPLY < <(compgen -W '0 1 2 4 8' -- "$cur"); return ;;
    '/ --log-level') mapfile -t COMPREPLY < <(compgen -W 'error warning info debug' -- "$cur"); return ;;
    '/run --group'|'/run --group-file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/run --config') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/run --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/run --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/run --port') COMPREPLY=(); return ;;
    '/run --tap') COMPREPLY=(); return ;;
    '/run --hostname'|'/run --host-name') COMPREPLY=(); return ;;
    '/run --bootstrap') COMPREPLY=(); return ;;
    '/run --prefix') COMPREPLY=(); return ;;
    '/run --mtu') COMPREPLY=(); return ;;
    '/run --relay-share') COMPREPLY=(); return ;;
    '/run --relay-limit') COMPREPLY=(); return ;;
    '/run --dns-servers'|'/run --dns-server') COMPREPLY=(); return ;;
    '/run --exclude') COMPREPLY=(); return ;;
    '/run --no-offload') COMPREPLY=(); return ;;
    '/run --cipher') mapfile -t COMPREPLY < <(compgen -W 'auto openssl ipsec-mb chacha20-poly1305' -- "$cur"); return ;;
    '/run --workers') mapfile -t COMPREPLY < <(compgen -W '0 1 2 4 8' -- "$cur"); return ;;
    '/run --log-level') mapfile -t COMPREPLY < <(compgen -W 'error warning info debug' -- "$cur"); return ;;
    '/config --group'|'/config --group-file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/config --config') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/config --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/config --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/config --port') COMPREPLY=(); return ;;
    '/config --tap') COMPREPLY=(); return ;;
    '/config --hostname'|'/config --host-name') COMPREPLY=(); return ;;
    '/config --bootstrap') COMPREPLY=(); return ;;
    '/config --prefix') COMPREPLY=(); return ;;
    '/config --mtu') COMPREPLY=(); return ;;
    '/config --relay-share') COMPREPLY=(); return ;;
    '/config --relay-limit') COMPREPLY=(); return ;;
    '/config --dns-servers'|'/config --dns-server') COMPREPLY=(); return ;;
    '/config --exclude') COMPREPLY=(); return ;;
    '/config --no-offload') COMPREPLY=(); return ;;
    '/config --cipher') mapfile -t COMPREPLY < <(compgen -W 'auto openssl ipsec-mb chacha20-poly1305' -- "$cur"); return ;;
    '/config --workers') mapfile -t COMPREPLY < <(compgen -W '0 1 2 4 8' -- "$cur"); return ;;
    '/config --log-level') mapfile -t COMPREPLY < <(compgen -W 'error warning info debug' -- "$cur"); return ;;
    '/config/check --group'|'/config/check --group-file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/config/check --config') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/config/check --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/config/check --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/config/check --port') COMPREPLY=(); return ;;
    '/config/check --tap') COMPREPLY=(); return ;;
    '/config/check --hostname'|'/config/check --host-name') COMPREPLY=(); return ;;
    '/config/check --bootstrap') COMPREPLY=(); return ;;
    '/config/check --prefix') COMPREPLY=(); return ;;
    '/config/check --mtu') COMPREPLY=(); return ;;
    '/config/check --relay-share') COMPREPLY=(); return ;;
    '/config/check --relay-limit') COMPREPLY=(); return ;;
    '/config/check --dns-servers'|'/config/check --dns-server') COMPREPLY=(); return ;;
    '/config/check --exclude') COMPREPLY=(); return ;;
    '/config/check --no-offload') COMPREPLY=(); return ;;
    '/config/check --cipher') mapfile -t COMPREPLY < <(compgen -W 'auto openssl ipsec-mb chacha20-poly1305' -- "$cur"); return ;;
    '/config/check --workers') mapfile -t COMPREPLY < <(compgen -W '0 1 2 4 8' -- "$cur"); return ;;
    '/config/check --log-level') mapfile -t COMPREPLY < <(compgen -W 'error warning info debug' -- "$cur"); return ;;
    '/config/show --group'|'/config/show --group-file') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/config/show --config') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/config/show --state-dir') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    '/config/show --socket') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    '/config/show --port') COMPREPLY=(); return ;;
    '/config/show --tap') COMPREPLY=(); return ;;
    '/config/show --hostname'|'/config/show --host-name') COMPREPLY=(); return ;;
    '/config/show --bootstrap') COMPREPLY=(); return ;;
    '/config/show --prefix') COMPREPLY=(); return ;;
    '/config/show --mtu') COMPREPLY=(); return ;;
    '/config/show --relay-share') COMPREPLY=(); return ;;
    '/config/show --relay-limit') COMPREPLY=(); return ;;
    '/config/show --dns-servers'|'/config/show --dns-server') COMPREPLY=(); return ;;
    '/config/show --exclude') COMPREPLY=(); return ;;
    '/config/show --no-offload') COMPREPLY=(); return ;;
    '/config/show --cipher') mapfile -t COMPREPLY < <(compgen -W 'auto openssl ipsec-mb chacha20-poly1305' -- "$cur"); return ;;
    '/config/show --workers') mapfile -t COMPREPLY < <(compgen -W '0 1 2 4 8' -- "$cur"); return ;;
    '/config/show --log-level') mapfile -t COMPREPLY < <(compgen -W 'error warning info debug' -- "$cur"); return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $arguments" in
    esac
  fi
  case "$command" in
    '/') mapfile -t COMPREPLY < <(compgen -W 'run config -h --help --group --group-file --config --state-dir --socket --port --tap --no-tap --configure --hostname --host-name --use-host-name --bootstrap --first --prefix --mtu --relay-share --relay-limit --no-offer-dns --dns-servers --dns-server --no-register-dns --no-lan-discovery --exclude --no-offload --cipher --workers --log-level --version' -- "$cur") ;;
    '/run') mapfile -t COMPREPLY < <(compgen -W '-h --help --group --group-file --config --state-dir --socket --port --tap --no-tap --configure --hostname --host-name --use-host-name --bootstrap --first --prefix --mtu --relay-share --relay-limit --no-offer-dns --dns-servers --dns-server --no-register-dns --no-lan-discovery --exclude --no-offload --cipher --workers --log-level' -- "$cur") ;;
    '/config') mapfile -t COMPREPLY < <(compgen -W 'check show -h --help --group --group-file --config --state-dir --socket --port --tap --no-tap --configure --hostname --host-name --use-host-name --bootstrap --first --prefix --mtu --relay-share --relay-limit --no-offer-dns --dns-servers --dns-server --no-register-dns --no-lan-discovery --exclude --no-offload --cipher --workers --log-level' -- "$cur") ;;
    '/config/check') mapfile -t COMPREPLY < <(compgen -W '-h --help --group --group-file --config --state-dir --socket --port --tap --no-tap --configure --hostname --host-name --use-host-name --bootstrap --first --prefix --mtu --relay-share --relay-limit --no-offer-dns --dns-servers --dns-server --no-register-dns --no-lan-discovery --exclude --no-offload --cipher --workers --log-level' -- "$cur") ;;
    '/config/show') mapfile -t COMPREPLY < <(compgen -W '-h --help --origin --json --group --group-file --config --state-dir --socket --port --tap --no-tap --configure --hostname --host-name --use-host-name --bootstrap --first --prefix --mtu --relay-share --relay-limit --no-offer-dns --dns-servers --dns-server --no-register-dns --no-lan-discovery --exclude --no-offload --cipher --workers --log-level' -- "$cur") ;;
  esac
}
complete -F _ipop_node ipop-node
