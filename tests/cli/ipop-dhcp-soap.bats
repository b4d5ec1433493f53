#!/usr/bin/env bats
# SOAP clients that are not ours build themselves from the served description, and lease by it.

bats_require_minimum_version 1.5.0

load within

setup() {
  [ "$(id -u)" -eq 0 ] || skip "an address of the virtual network needs root"
  DIR=$BATS_TEST_TMPDIR
  mkdir "$DIR/etc"
  printf 'name = "lab"\nnamespace = "lab-abcdefgh"\nprefix = "10.9.8.0/24"\n' >"$DIR/etc/lab.toml"
  unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
  # Unsigned requests are taken from the virtual network alone: this namespace has one of its addresses.
  ns=soap-$$-$RANDOM
  ip netns add "$ns"
  ip -n "$ns" link set lo up
  ip -n "$ns" address add 10.9.8.2/24 dev lo
  url=http://10.9.8.2:8067/
  dhcp config --group lab --unsigned yes --quota 5 >/dev/null
  ip netns exec "$ns" "$GA_BIN/ipop-dhcp" --directory "$DIR/book" --groups "$DIR/etc" serve 2>"$DIR/log" 3>&- &
  server=$!
  listening_or_ended() { grep -q listening "$DIR/log" || ! kill -0 "$server"; }
  within listening_or_ended
  grep -q listening "$DIR/log"
}
teardown() {
  [ -z "${server-}" ] || { kill "$server" && wait "$server"; } || true
  [ -z "${ns-}" ] || ip netns del "$ns"
}

dhcp() { "$GA_BIN/ipop-dhcp" --directory "$DIR/book" --groups "$DIR/etc" "$@"; }

@test "zeep leases, renews and releases by the served description, and is told why not" {
  # Debian's, whatever other Python comes first on the path.
  ip netns exec "$ns" timeout 120 /usr/bin/python3 - "$url" >"$DIR/out" <<'END'
import sys
import zeep

service = zeep.Client(sys.argv[1] + "?wsdl").service
lease = service.Obtain(Group="lab-abcdefgh", Node="printer", HostName="printer")
print(lease.Address, lease.Mask, lease.LeaseSeconds, lease.Domain, lease.Mtu, lease.Grant)
print(service.Renew(Group="lab-abcdefgh", Node="printer", HostName="printer").Address)
print(service.Obtain(Group="lab-abcdefgh", Node="second", Address="10.9.8.77").Address)
print(service.Release(Group="lab-abcdefgh", Node="second"))
try:
    service.Obtain(Group="other", Node="printer")
except zeep.exceptions.Fault as fault:
    print(fault.code, fault.detail[0].tag, fault.detail[0].text)
END
  mapfile -t lines <"$DIR/out"
  [ "${#lines[@]}" -eq 5 ]
  read -r address rest <<<"${lines[0]}"
  [[ $address == 10.9.8.* ]]
  [ "$rest" = '255.255.255.0 86400 ipop 1400 None' ]
  [ "${lines[1]}" = "$address" ]
  [ "${lines[2]}" = 10.9.8.77 ]
  [ "${lines[3]}" = 10.9.8.77 ]
  [ "${lines[4]}" = 'soap:Client {urn:ipop:lease-server:1}Reason not_found' ]
  [ "$(dhcp show "$address" --plain | cut -f 2,8)" = $'printer\tlive' ]
  [ "$(dhcp show 10.9.8.77 --plain | cut -f 8)" = released ]
}

@test "a client that gSOAP generates from the description leases and is told why not" {
  cd "$DIR"
  ip netns exec "$ns" curl -sS --max-time 10 "$url?wsdl" >lease.wsdl
  wsdl2h -o lease.h lease.wsdl
  soapcpp2 -j -C -x -I /usr/share/gsoap/import lease.h
  cat >client.cpp <<'END'
#include <iostream>

#include "LeaseServerBinding.nsmap"
#include "soapLeaseServerBindingProxy.h"

int main(int, char** argv) {
  LeaseServerBindingProxy proxy(argv[1]);
  _ns1__Obtain ask;
  _ns1__ObtainResponse lease;
  ask.Group = argv[2];
  ask.Node = argv[3];
  if (proxy.Obtain(&ask, lease) != SOAP_OK) {
    proxy.soap_stream_fault(std::cout);
    return 1;
  }
  std::cout << lease.Address << ' ' << lease.Mask << ' ' << lease.LeaseSeconds << ' ' << lease.Domain << ' ' << lease.Mtu
            << '\n';
}
END
  c++ -O0 -w -o client client.cpp soapC.cpp soapLeaseServerBindingProxy.cpp -lgsoap++
  run ip netns exec "$ns" timeout 60 ./client "$url" lab-abcdefgh camera
  [ "$status" -eq 0 ]
  [[ $output == 10.9.8.*' 255.255.255.0 86400 ipop 1400' ]]
  [ "$(dhcp list --plain | cut -f 1)" = "${output%% *}" ]
  run ip netns exec "$ns" timeout 60 ./client "$url" other camera
  [ "$status" -eq 1 ]
  [[ $output == *'no such group'* ]]
}
