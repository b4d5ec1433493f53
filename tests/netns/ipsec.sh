#!/usr/bin/env bash
# strongSwan with what `ga-cert export --swanctl` wrote: members of one authority agree on keys by IKEv2 when the first
# packet goes from one address of the virtual network to the other, and the kernel seals the packets with ESP; somebody
# without a certificate of that authority gets nothing. Where the kernel has no ESP, the packets are skipped.
#
#   alice 10.128.0.2 --- bob 10.128.0.3 --- eve 10.128.0.4    (one bridge in place of the virtual network)
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

[[ -x $bin/ga-cert ]] || skip "no ga-cert in $bin"

members=(alice bob eve)
space() { echo "$internet-$1"; }
charons=()
remove_all() {
  local pid name
  for pid in "${charons[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
  for name in "${members[@]}" hub; do ip netns del "$(space "$name")" 2>/dev/null; done
  clean_up
}
trap remove_all EXIT

ip netns add "$(space hub)"
ip -n "$(space hub)" link add br0 type bridge
ip -n "$(space hub)" link set br0 up
number=2
for name in "${members[@]}"; do
  ip netns add "$(space "$name")"
  ip -n "$(space "$name")" link add tap0 type veth peer name "p$number" netns "$(space hub)"
  ip -n "$(space hub)" link set "p$number" master br0 up
  ip -n "$(space "$name")" address add "10.128.0.$number/9" dev tap0
  ip -n "$(space "$name")" link set tap0 up
  ip -n "$(space "$name")" link set lo up
  number=$((number + 1))
done

# Two authorities; eve is a member of the other one.
cert() { "$bin/ga-cert" --dir "$run/$1" "${@:2}"; }
"$bin/ga-group" --dir "$run/groups" new lab --no-start >"$run/token" 2>&1
for name in lab other; do cert "$name" authority init "$name" --no-passphrase >/dev/null 2>&1; done
for name in "${members[@]}"; do
  authority=lab
  [[ $name != eve ]] || authority=other
  mkdir -p "$run/$name/states/lab" "$run/$name/run"
  "$bin/ga-cert" request --key "$run/$name/states/lab/key.pem" --user "$name" --out "$run/$name/csr" 2>/dev/null
  cert "$authority" sign "$run/$name/csr" --out "$run/$name/states/lab/certificate.pem" 2>/dev/null
  holds "the parts of $name are written" "$bin/ga-cert" export --group lab --groups "$run/groups" \
    --states "$run/$name/states" --ca "$run/$authority/authority.pem" --swanctl "$run/$name/swanctl"
  # What Debian's package has in /etc/swanctl.
  echo "include conf.d/*.conf" >"$run/$name/swanctl/swanctl.conf"
  cat >"$run/$name/strongswan.conf" <<END
charon-systemd {
  piddir = $run/$name/run
  plugins {
    vici { socket = unix://$run/$name/vici }
    include /etc/strongswan.d/charon/*.conf
  }
  retransmit_tries = 1
  filelog { log { path = $run/$name/charon.log
    default = 1
    flush_line = yes } }
  journal { default = -1 }
}
swanctl { load = pem pkcs1 x509 revocation constraints pubkey openssl random }
END
  STRONGSWAN_CONF=$run/$name/strongswan.conf ip netns exec "$(space "$name")" charon-systemd >"$run/$name/out.log" 2>&1 &
  charons+=($!)
done

swan() { # HOST OPTION...
  STRONGSWAN_CONF=$run/$1/strongswan.conf SWANCTL_DIR=$run/$1/swanctl ip netns exec "$(space "$1")" \
    swanctl "${@:2}" --uri "unix://$run/$1/vici"
}
# What the members' keys need is asked of a daemon that runs: its elliptic curves come from a plugin in a package of its own.
answers() { algorithms=$(swan "$1" --list-algs 2>"$run/why"); }
for ((tries = 0; tries < 600; tries++)); do
  if answers alice; then break; fi
  kill -0 "${charons[0]}" 2>/dev/null || break
  sleep 0.1
done
[[ ${algorithms:-} ]] ||
  skip "strongSwan does not run here (charon-systemd, strongswan-swanctl): $(cat "$run/why" "$run/alice/out.log" | tail -n 1)"
[[ $algorithms == *ECP_256* ]] || skip "strongSwan has no elliptic curves (libstrongswan-standard-plugins)"
for name in "${members[@]}"; do
  within 20 "charon of $name takes the configuration" swan "$name" --load-all --noprompt
done
# strongSwan 6 gives up an IKE_SA whose first ESP the kernel refuses; 5.9 keeps it.
esp=yes
ip netns exec "$(space hub)" ip xfrm state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x100 mode transport \
  aead 'rfc4106(gcm(aes))' "0x$(printf '0%.0s' {1..40})" 128 2>"$run/esp" ||
  esp="this kernel has no ESP with AES-GCM ($(tr '\n' ' ' <"$run/esp"))"
version=$(swan alice --version --daemon | sed -n "s/^strongSwan \([0-9]*\)[.].*/\1/p")
[[ $version ]]
result $? "the daemon says its version"
skipped() { # NAME REASON
  tests=$((tests + 1))
  echo "ok $tests $1 # SKIP $2"
}
conns=$(swan alice --list-conns)
[[ $conns == *"ga-lab: IKEv2"* && $conns == *"10.128.0.0/9"* ]]
result $? "the connection of the group is loaded"
swan alice --list-certs | grep -q "CN=alice"
result $? "so is the certificate"
swan alice --list-pols --trap | grep -q "10.128.0.0/9"
result $? "a trap waits for packets to members"

talk() { ip netns exec "$(space "$1")" ping -q -c 1 -w 5 "$2" >/dev/null 2>&1; }
established() { swan "$1" --list-sas | grep -q "ESTABLISHED.*"; }
talk alice 10.128.0.3
agree="the first packet makes alice and bob agree on keys, each known to the other by the certificate"
knows="bob knows alice by what her certificate says"
if [[ $esp == yes || $version -lt 6 ]]; then
  within 10 "$agree" established alice
  swan bob --list-sas | grep -q "CN=alice"
  result $? "$knows"
else
  skipped "$agree" "strongSwan $version ends IKE where $esp"
  skipped "$knows" "strongSwan $version ends IKE where $esp"
fi
talk eve 10.128.0.3
talk bob 10.128.0.4
sas=$(swan bob --list-sas)
[[ $sas != *10.128.0.4*ESTABLISHED* && $sas != *CN=eve* ]]
result $? "who has another authority's certificate gets no keys"

if [[ $esp == yes ]]; then
  within 10 "packets from alice to bob go by ESP" talk alice 10.128.0.3
  ip -n "$(space alice)" -s xfrm state | grep -q 'proto esp'
  result $? "the kernel holds the keys"
  talk eve 10.128.0.3
  is "no packet of eve gets through" 1 $?
else
  skipped "packets go by ESP" "$esp"
fi
finish
