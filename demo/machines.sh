# shellcheck shell=bash disable=SC2034,SC2154  # bin, run and internet come from the caller
# machines.sh - hosts of internet.sh that are whole machines: a Debian with HTCondor, processes and files of its own.
# Source it after internet.sh.
#
# The caller sets $bin (the built programs), $run (an empty directory) and $root (what scripts/pool_root printed).
#
#   pack_programs                  the built programs' libraries, for the machines; once, before the first. Fails where
#                                  there is no room for them
#   boot_machine HOST [systemd]    its Debian; HOST has a namespace from make_host or make_server
#   has_systemd                    whether a machine on this computer can have one; says why not
#   in_machine HOST COMMAND...     runs COMMAND there as root
#   as_user HOST COMMAND...        runs COMMAND there as an ordinary user, in her home
#   files_of HOST                  the folder through which its files are seen from outside
#
# A machine is a network namespace and, in it, namespaces for mounts, processes and the host name over an overlay of
# $root that lives in memory: nothing is written to $root, and all is gone with the machine's first process, which
# unmake_internet ends. What HTCondor logs is kept outside, in $run/HOST/condor.
declare -gA machine_pid=()
declare -g machines_folder
machines_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The machines' Debian may be another one than that which built the programs. So these come with everything that they
# are linked to, the loader included; what they start uses the machine's own. The programs themselves are mounted from
# where they were built (machine_init): copies would take most of a gigabyte for each test, and a full disk would leave
# machines without them.
pack_programs() {
  local name library loader='' libraries
  mkdir -p "$run/ga/bin" "$run/ga/lib" "$run/ga/real" && realpath "$bin" >"$run/ga/built" || return
  for name in "$machines_folder"/../tools/*/main.cpp; do
    name=$(basename "${name%/main.cpp}")
    [[ -x $bin/$name ]] || continue
    mapfile -t libraries < <(ldd "$bin/$name" 2>/dev/null | sed -n 's|^[^/]*\(/[^ ]*\) (0x.*|\1|p')
    if ((${#libraries[@]} == 0)); then
      cp "$bin/$name" "$run/ga/bin/$name" || return
      continue
    fi
    for library in "${libraries[@]}"; do
      [[ $library == */ld-linux* ]] && loader=${library##*/}
      [[ -e $run/ga/lib/${library##*/} ]] || cp -L "$library" "$run/ga/lib/" || return
    done
    cat >"$run/ga/bin/$name" <<SCRIPT
#!/bin/sh
exec /opt/ga/lib/$loader --argv0 $name --library-path /opt/ga/lib /opt/ga/real/$name "\$@"
SCRIPT
    chmod +x "$run/ga/bin/$name" && [[ -s $run/ga/bin/$name ]] || return
  done
  [[ $loader && -x $run/ga/bin/ipop-node ]]
}

boot_machine() {
  local host=$1 init=${2:-} tries
  local ready=$run/$host/machine.pid
  local start=(unshare --mount --propagation private --uts --pid --fork --kill-child)
  # A systemd wants a tree of control groups of its own, which who waited for the machine's end removes.
  [[ $init != systemd ]] || start=("$machines_folder/control_group" enter "$internet-$host" "${start[@]}" --cgroup --ipc)
  mkdir -p "$run/$host/condor" "$run/$host/root" || return
  rm -f "$ready"
  # That of an earlier machine of this name may be another process's by now.
  unset "machine_pid[$host]"
  {
    in_host "$host" "${start[@]}" \
      "$machines_folder/machine_init" "$root" "$run/$host/root" "$run/$host/condor" "$run/ga" "$host" "$ready" "$init"
    [[ $init != systemd ]] || "$machines_folder/control_group" remove "$internet-$host"
  } >"$run/$host/machine.log" 2>&1 </dev/null &
  disown
  for ((tries = 0; tries < 6000; tries++)); do
    if [[ -s $ready ]]; then
      machine_pid[$host]=$(<"$ready")
      [[ -x $(files_of "$host")/opt/ga/real/ipop-node ]] && return
      break
    fi
    sleep 0.02
  done
  echo "boot_machine: $host did not come up: $(tail -n 1 "$run/$host/machine.log")" >&2
  return 1
}

has_systemd() {
  [[ -x $root/usr/lib/systemd/systemd ]] || { echo "the machines' Debian has no systemd"; return 1; }
  "$machines_folder/control_group" enter "$internet-try" true 2>/dev/null ||
    { echo "no control groups (cgroup2) can be made here"; return 1; }
  "$machines_folder/control_group" remove "$internet-try"
}

in_machine() {
  local host=$1
  shift
  nsenter --target "${machine_pid[$host]}" --net --mount --uts --pid \
    env -i --chdir=/root HOME=/root LANG=C.UTF-8 TERM=dumb \
    PATH=/opt/ga/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

as_user() {
  local host=$1
  shift
  in_machine "$host" setpriv --reuid user --regid user --init-groups env HOME=/home/user USER=user \
    sh -c 'cd && exec "$@"' sh "$@"
}

files_of() { echo "/proc/${machine_pid[$1]}/root"; }
