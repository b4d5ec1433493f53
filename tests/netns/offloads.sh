#!/usr/bin/env bash
# A file goes from one member to another over a wire that loses, doubles and reorders datagrams, with all help of the
# kernel and with each part of it turned off, by the cipher that one end alone wants, and passed by two threads at one
# end and four at the other: its octets arrive, and no packet on a TAP has a wrong checksum.
#
#   alice -- veth -- bad_link.py -- veth -- bob
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
need_programs ethtool "${needed_to_send[@]}"

new_namespace wire
for host in alice bob; do
  new_namespace "$host"
  ip -n "$internet-$host" link add eth0 mtu 1500 type veth peer name "$host" netns "$internet-wire"
  ip -n "$internet-wire" link set "$host" up
  # What crosses the wire are datagrams: the kernel cuts before, and joins behind.
  in_host "$host" ethtool -K eth0 gso off tso off tx-udp-segmentation off gro on >/dev/null 2>&1
  in_host wire ethtool -K "$host" gro off >/dev/null 2>&1
done
public_of[alice]=203.0.113.1 public_of[bob]=203.0.113.2
for host in alice bob; do
  ip -n "$internet-$host" addr add "${public_of[$host]}/30" dev eth0
  ip -n "$internet-$host" link set eth0 up
done
in_host wire python3 "$here/bad_link.py" 12 10 10 20 alice bob >"$run/wire.log" 2>&1 &
disown
make_group alice
size=$((${GA_OFFLOAD_MEGABYTES:-12} * 1000000))
head -c "$size" /dev/urandom >"$run/sent"

counter() { ctl "$1" status --json | jq -r ".counters.$2 // 0"; }
suite() { ctl "$1" why "$(virtual_address "$2")" --json | jq -r .connection.suite; }
is_direct() { pings alice bob 2 && [[ $(route_to alice bob) == direct ]]; }

for without in ${GA_OFFLOADS:-none tap udp-send udp-receive io-uring all aes one-worker}; do
  options=()
  [[ $without == none || $without == all || $without == aes || $without == one-worker ]] || options=(--no-offload "$without")
  [[ $without != all ]] || options=(--no-offload tap --no-offload udp-send --no-offload udp-receive --no-offload io-uring)
  for host in alice bob; do
    # alice sends, so her packets are sealed by what bob wants.
    [[ $without != aes || $host != bob ]] || options=(--cipher chacha20-poly1305)
    [[ $without != one-worker || $host != alice ]] || options=(--workers 2)
    [[ $without != one-worker || $host != bob ]] || options=(--workers 4)
    start_node "$host" --tap tap0 --configure --no-register-dns "${options[@]}"
  done
  for host in alice bob; do
    ctl "$host" wait lease --timeout "$((30 * patience))s" >/dev/null 2>&1 || { result 1 "$host holds a lease"; finish; }
  done
  within 30 "without $without: alice reaches bob directly" is_direct
  used=" $(ctl alice status --json | jq -r '.offloads | join(" ")') "
  wanted=aes-128-gcm
  [[ $without != aes ]] || wanted=chacha20-poly1305
  is "both ends seal by $wanted" "$wanted $wanted" "$(suite alice bob) $(suite bob alice)"
  case $without in
    aes) is "the status of the end that wants it names it" "$wanted" "$(ctl bob status --json | jq -r .cipher)" ;;
    one-worker)
      is "the status names the workers" "2 4" "$(ctl alice status --json | jq .workers) $(ctl bob status --json | jq .workers)"
      ;;
    none) holds "the status names what is in use" grep -q ' tap-checksum tap-tcp .*udp-send udp-receive ' <<<"$used" ;;
    all) is "without all of it the status names none" "  " "$used" ;;
    *) holds "without $without the status does not name it" bash -c "[[ '$used' != *' $without'* ]]" ;;
  esac
  for host in alice bob; do watch_checksums "$host"; done
  send_file alice bob "$run/sent" "without $without: "
  for host in alice bob; do
    end_watch "$host"
    is "no packet on the TAP of $host has a wrong checksum: ${watched[$host]}" wrong=0 "${watched[$host]##* }"
    large=${watched[$host]#*large=}
    case $without in
      tap | all) is "and none of them is a large one" 0 "${large%% *}" ;;
      none | io-uring | aes | one-worker) holds "and there are large ones" test "${large%% *}" -gt 20 ;;
    esac
    is "nothing was refused by the TAP of $host" 0 "$(counter "$host" drop_tap_refused)"
  done
  holds "most packets passed by the node" test "$(counter alice worker_sent)" -gt "$((size / 1400 / 2))"
  for host in alice bob; do stop_node "$host" TERM; done
done
finish
