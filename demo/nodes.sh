# shellcheck shell=bash disable=SC2034,SC2154  # bin, run and internet come from the caller
# nodes.sh - real nodes and stock clients on the hosts of internet.sh. Source it after that file.
#
# The caller sets $bin (the built programs) and $run (an empty directory); every host keeps its own files in
# $run/NAME: state/ (what the node keeps), socket (its control socket, or $node_socket), node.log, client.log.
#
#   make_group HOST...             a group file that names these hosts as bootstrap nodes
#   start_node HOST [OPTION...]    an ipop-node in the background; its pid is in ${node_pid[HOST]}
#   ctl HOST WORD...               ipop-ctl to that node
#   start_client HOST [CLIENT]     udhcpc (or dhcpcd) on the TAP; comes back when the interface is configured
#   virtual_address HOST           the address of the TAP, as the kernel has it
#   milliseconds                   a clock to take differences of

declare -gA node_pid=()
overlay_port=4700
node_socket=socket
# Put before the node's command line.
node_wrapper=()

make_group() {
  local host entries=()
  for host in "$@"; do entries+=("\"${public_of[$host]}:$overlay_port\""); done
  cat >"$run/group.toml" <<GROUP
name = "demo"
namespace = "demo-$internet"
prefix = "10.128.0.0/9"
bootstrap = [$(IFS=,; echo "${entries[*]}")]
GROUP
}

start_node() {
  local host=$1
  shift
  mkdir -p "$run/$host"
  in_host "$host" ${node_wrapper[@]+"${node_wrapper[@]}"} "$bin/ipop-node" --group-file "$run/group.toml" --state-dir "$run/$host/state" \
    --socket "$run/$host/$node_socket" --port "$overlay_port" "$@" >>"$run/$host/node.log" 2>&1 </dev/null &
  node_pid[$host]=$!
  disown
}

ctl() {
  local host=$1
  shift
  "$bin/ipop-ctl" --socket "$run/$host/$node_socket" "$@"
}

start_client() {
  local host=$1 client=${2:-udhcpc} resolv_conf=/etc/netns/$internet-$1/resolv.conf here
  here=$(dirname "${BASH_SOURCE[0]}")
  case $client in
    udhcpc)
      # Goes to the background by itself once it holds a lease.
      HOST_RESOLV_CONF=$resolv_conf in_host "$host" udhcpc -i tap0 -s "$here/udhcpc-script" -n -t 120 -T 1 \
        -O mtu >>"$run/$host/client.log" 2>&1 </dev/null
      ;;
    dhcpcd)
      # It keeps its files under the interface's name, so each host gets directories of its own.
      in_host "$host" unshare --mount sh -c '
        mkdir -p /run/dhcpcd /var/lib/dhcpcd
        mount -t tmpfs none /run/dhcpcd && mount -t tmpfs none /var/lib/dhcpcd
        exec dhcpcd --config /dev/null --ipv4only --waitip 4 --timeout 120 --option domain_name_servers,domain_name \
          --option interface_mtu --noarp tap0' >>"$run/$host/client.log" 2>&1 </dev/null
      ;;
    *) echo "start_client: no client '$client'" >&2; return 2 ;;
  esac
}

virtual_address() {
  ip -n "$internet-$1" -4 -o addr show dev tap0 2>/dev/null | sed -n 's/.* inet \([0-9.]*\).*/\1/p' | head -n 1
}

milliseconds() {
  local now=$EPOCHREALTIME
  now=${now/[.,]/}
  echo $((now / 1000))
}
