#include "io/interface_addresses.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::io;

namespace {

const net::Ipv4Prefix virtual_prefix(net::Ipv4Address(10, 128, 0, 0), 9);

InterfaceAddress v4(const char* interface, net::Ipv4Address address, unsigned length) {
  return {interface, interface == std::string("ipop0") ? 7U : 1U, address, length};
}
InterfaceAddress v6(const char* interface, const char* address) {
  return {interface, 1, *net::parse_ipv6_address(address), 64};
}
std::vector<std::string> texts(const std::vector<net::Endpoint>& endpoints) {
  std::vector<std::string> out;
  for (const auto& endpoint : endpoints)
    out.push_back(to_string(endpoint));
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the underlay is every address but the TAP's, the virtual ones, loopback and link-local IPv6") {
  const std::vector<InterfaceAddress> all{
      v4("lo", net::Ipv4Address(127, 0, 0, 1), 8),
      v6("lo", "::1"),
      v4("eth0", net::Ipv4Address(192, 168, 1, 2), 24),
      v6("eth0", "fe80::1"),
      v6("eth0", "2001:db8::2"),
      v4("ipop0", net::Ipv4Address(10, 200, 0, 1), 9),
      v4("other", net::Ipv4Address(10, 129, 0, 1), 9),
  };
  const UnderlayRules rules{7, virtual_prefix, true};
  CHECK(texts(underlay_endpoints(all, rules, 4000)) == Texts{"192.168.1.2:4000", "[2001:db8::2]:4000"});
  const UnderlayRules without_ipv6{7, virtual_prefix, false};
  CHECK(texts(underlay_endpoints(all, without_ipv6, 4000)) == Texts{"192.168.1.2:4000"});
}

TEST_CASE("neither the TAP of another group's node nor an excluded interface is underlay") {
  auto sea = v4("sea0", net::Ipv4Address(100, 64, 0, 9), 10);
  sea.of_node = true;
  const std::vector<InterfaceAddress> all{
      sea,
      v4("wg0", net::Ipv4Address(192, 168, 77, 2), 24),
      v6("wg-home", "2001:db8:7::2"),
      v4("tun0", net::Ipv4Address(192, 168, 78, 2), 24),
      v4("eth0", net::Ipv4Address(192, 168, 1, 2), 24),
  };
  UnderlayRules rules{7, virtual_prefix, true, {"wg*", "tun"}};
  CHECK(texts(underlay_endpoints(all, rules, 4000)) == Texts{"192.168.78.2:4000", "192.168.1.2:4000"});
  rules.excluded = {"*"};
  CHECK(underlay_endpoints(all, rules, 4000).empty());
}

TEST_CASE("loopback is used where nothing else is") {
  const std::vector<InterfaceAddress> all{v4("lo", net::Ipv4Address(127, 0, 0, 1), 8), v6("lo", "::1")};
  CHECK(texts(underlay_endpoints(all, {}, 7)) == Texts{"127.0.0.1:7", "[::1]:7"});
  CHECK(underlay_endpoints({}, {}, 7).empty());
}

TEST_CASE("one address on two interfaces is one endpoint, and at most 32 are given") {
  std::vector<InterfaceAddress> all{v4("a", net::Ipv4Address(192, 0, 2, 1), 24),
                                    v4("b", net::Ipv4Address(192, 0, 2, 1), 24)};
  CHECK(underlay_endpoints(all, {}, 7).size() == 1);
  for (std::uint8_t i = 2; i < 100; ++i)
    all.push_back(v4("c", net::Ipv4Address(192, 0, 2, i), 24));
  CHECK(underlay_endpoints(all, {}, 7).size() == 32);
}

TEST_CASE("an overlap is found whichever of the two networks is the larger") {
  const auto clash = [](net::Ipv4Address address, unsigned length, const char* interface = "eth0") {
    const std::vector<InterfaceAddress> all{v4(interface, address, length)};
    return find_overlap(all, virtual_prefix, "ipop0").has_value();
  };
  CHECK(clash(net::Ipv4Address(10, 130, 1, 1), 16));
  CHECK(clash(net::Ipv4Address(10, 1, 1, 1), 8));
  CHECK_FALSE(clash(net::Ipv4Address(10, 1, 1, 1), 16));
  CHECK_FALSE(clash(net::Ipv4Address(192, 168, 1, 1), 24));
  CHECK_FALSE(clash(net::Ipv4Address(10, 130, 1, 1), 9, "ipop0"));
  const std::vector<InterfaceAddress> ipv6{v6("eth0", "2001:db8::1")};
  CHECK_FALSE(find_overlap(ipv6, virtual_prefix, "ipop0"));
}

TEST_CASE("the free prefix that is offered overlaps nothing that is there") {
  std::vector<InterfaceAddress> all;
  CHECK(find_free_prefix(all) == net::Ipv4Prefix(net::Ipv4Address(100, 64, 0, 0), 10));
  all.push_back(v4("wan", net::Ipv4Address(100, 70, 1, 1), 16));
  CHECK(find_free_prefix(all) == net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9));
  all.push_back(v4("lan", net::Ipv4Address(10, 0, 0, 1), 8));
  all.push_back(v4("docker", net::Ipv4Address(172, 17, 0, 1), 16));
  CHECK(find_free_prefix(all) == net::Ipv4Prefix(net::Ipv4Address(172, 24, 0, 0), 13));
  all.push_back(v4("other", net::Ipv4Address(172, 30, 0, 1), 16));
  all.push_back(v4("home", net::Ipv4Address(192, 168, 0, 1), 16));
  CHECK_FALSE(find_free_prefix(all));
}
