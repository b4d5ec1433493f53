# shellcheck shell=bash disable=SC2034,SC2154  # shared by check_image and bench_image
# booted_image.bash - a member of a group in a network namespace of its own, media for machines of that group, and the
# machines: QEMU without KVM, behind its NAT. Source it with $image (a folder of scripts/image), $bin (the programs of
# this machine), and LIMIT and MEMORY as the user gave them; nothing is left when the script ends.
#
#   boot NAME OPTION...      starts the machine; its serial console goes to $work/NAME.log
#   guest COMMAND...         runs it there, by ssh over the virtual network; $name is the machine's name in the group
#   until_true SECONDS COMMAND...
limit=${LIMIT:-300}
for program in qemu-system-x86_64 qemu-img ssh ssh-keygen mcopy mkfs.fat jq python3 openssl; do
  command -v "$program" >/dev/null || { echo "skipped: no $program (packages/appliance)"; exit 77; }
done
work=$(mktemp -d "${TMPDIR:-/var/tmp}/ga-boot.XXXXXX")
space=ga-boot-$$
processes=()
clean_up() {
  ((!${#processes[@]})) || kill "${processes[@]}" 2>/dev/null || true
  wait
  ip netns del "$space" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do ((SECONDS < end)) || return 1; sleep 0.5; done
}
inside() { ip netns exec "$space" "$@"; }

# The other member: at an address that the guest reaches through QEMU's NAT.
ip netns add "$space"
inside ip link set lo up
inside ip address add 192.0.2.1/32 dev lo
group() { "$bin/ga-group" --dir "$work/etc" --states "$work/states" --socket "$work/node.sock" "$@"; }
group new lab --no-start --port 25000 --bootstrap 192.0.2.1:25000 >/dev/null 2>"$work/log" || { cat "$work/log"; exit 1; }
# It configures its interface, and the resolver of nobody but itself.
: >"$work/resolv.conf"
# shellcheck disable=SC2016  # for the shell inside
ip netns exec "$space" bash -c 'mount --bind "$1/resolv.conf" /etc/resolv.conf && mount -t tmpfs tmpfs /run &&
  exec "$2/ipop-node" --group "$1/etc/lab.toml" --config "$1/etc/node/lab.toml" --state-dir "$1/states/lab" \
    --socket "$1/node.sock" --hostname host --configure' \
  node "$work" "$bin" >"$work/node.log" 2>&1 &
processes+=($!)
member() { inside "$bin/ipop-ctl" --socket "$work/node.sock" "$@"; }
until_true 60 member --timeout 1s wait lease ||
  { cat "$work/node.log"; echo "Bail out! the member on this machine has no address"; exit 1; }
ssh-keygen -q -t ed25519 -N '' -f "$work/key"

# boot NAME OPTION...
boot() {
  local log=$1
  shift
  # Not by the function, whose process would be another one.
  ip netns exec "$space" qemu-system-x86_64 -accel tcg,thread=multi -cpu max,-cx16 -smp "${PROCESSORS:-1}" \
    -m "${MEMORY:-512}" -nodefaults -display none -serial "file:$work/$log.log" -netdev user,id=n \
    -device virtio-net-pci,netdev=n -device virtio-rng-pci "$@" >"$work/qemu.log" 2>&1 &
  machine=$!
  processes+=("$machine")
  started=$SECONDS
}
from_kernel=(-kernel "$image/vmlinuz" -initrd "$image/initrd" -append "console=ttyS0 quiet no_timer_check"
  -drive "file=$image/base.squashfs,if=virtio,format=raw,readonly=on")
address_of_guest() { inside "$bin/ipop-dns" --socket "$work/node.sock" lookup "$name" 2>/dev/null | awk '{ print $NF; exit }'; }
has_guest() { [[ -n $(address_of_guest) ]]; }
guest() {
  inside ssh -i "$work/key" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile="$work/known" \
    -o LogLevel=ERROR -o ConnectTimeout=20 "root@$(address_of_guest)" "$@"
}
can_log_in() { guest true; }
in_pool() { guest timeout 20 condor_status -af Machine | grep -q ipop; }
is_gone() { ! kill -0 "$machine" 2>/dev/null; }
end_machine() {
  kill "$machine" 2>/dev/null || true
  wait "$machine" || true
}
