# shellcheck shell=bash disable=SC2154  # run, bin and internet come from the caller
# plain_machines.sh - hosts of internet.sh with /etc, /run and /var/lib of their own, and nothing of the toolkit in
#                     them. Source it after internet.sh.
#
#   make_machine HOST [plain]   HOST becomes one; plain: systemd does not run there
#   on HOST COMMAND...          runs COMMAND there, and nothing at all when that is still this machine
declare -gA machine=()
make_machine() {
  local systemd='mkdir -p /run/systemd/system'
  [[ ${2-} != plain ]] || systemd=true
  (exec ip netns exec "$internet-$1" bash -c '
    mount -t tmpfs none /run && '"$systemd"' && mkdir -p /run/etc /run/work &&
    mount -t overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/work none /etc && rm -rf /etc/ipop /etc/ga &&
    mount -t tmpfs none /var/lib && touch /run/made && exec sleep 4000') >/dev/null 2>&1 </dev/null &
  machine[$1]=$!
  disown
}
on() {
  # shellcheck disable=SC2016
  nsenter --target "${machine[$1]}" --mount --net env "PATH=$run/stand-in:$bin:$PATH" \
    sh -c '[ -e /run/made ] || exit 99; exec "$@"' on "${@:2}"
}
