#include "leasing/address_plan.hpp"

#include <doctest/doctest.h>

namespace ipop::leasing {
namespace {

AddressPlan small_plan() {
  AddressPlan plan;
  plan.prefix = net::Ipv4Prefix(net::Ipv4Address(10, 9, 8, 0), 28);  // 10.9.8.0 to 10.9.8.15
  return plan;
}

net::Ipv4Address at(int last) {
  return net::Ipv4Address(10, 9, 8, static_cast<std::uint8_t>(last));
}

}  // namespace

TEST_CASE("ranges are read as they are written") {
  const auto ranges = parse_address_ranges("10.9.8.4-10.9.8.6,10.9.8.9");
  REQUIRE(ranges);
  CHECK(to_string(*ranges) == "10.9.8.4-10.9.8.6,10.9.8.9");
  CHECK(parse_address_ranges("")->empty());
  for (const char* bad : {"10.9.8", "10.9.8.4-", "10.9.8.4-10.9.8.6,", "a-b", "10.9.8.4 -10.9.8.6"})
    CHECK_FALSE(parse_address_ranges(bad));
}

TEST_CASE("network, server and broadcast address are no host's, and exclusions are not offered") {
  AddressPlan plan = small_plan();
  plan.excluded = {{at(4), at(5)}};
  for (const int last : {0, 1, 4, 5, 15})
    CHECK_FALSE(is_offered(plan, at(last)));
  for (const int last : {2, 3, 6, 14})
    CHECK(is_offered(plan, at(last)));
  CHECK(is_host_address(plan, at(4)));
  CHECK_FALSE(is_offered(plan, net::Ipv4Address(10, 9, 9, 2)));
}

TEST_CASE("every address that is offered is found, each once, from wherever the search begins") {
  AddressPlan plan = small_plan();
  for (const bool with_ranges : {false, true}) {
    if (with_ranges) plan.ranges = {{at(9), at(11)}, {at(3), at(4)}};
    const std::size_t offered = with_ranges ? 5 : 13;
    for (int start = 0; start < 16; ++start) {
      AddressMap map(plan.prefix);
      std::size_t found = 0;
      while (const auto address = map.first_free(plan, at(start))) {
        CHECK(is_offered(plan, *address));
        CHECK_FALSE(map.has(*address));
        map.add(*address);
        REQUIRE(++found <= offered);
      }
      CHECK(found == offered);
      map.remove(at(10));
      CHECK(map.first_free(plan, at(start)) == at(10));
    }
  }
}

TEST_CASE("a search goes over addresses that are taken or excluded in long rows, and finds the one that is left") {
  AddressPlan plan;
  plan.prefix = net::Ipv4Prefix(net::Ipv4Address(10, 64, 0, 0), 16);
  plan.excluded = {{net::Ipv4Address(10, 64, 0, 0), net::Ipv4Address(10, 64, 99, 255)}};
  const std::uint32_t base = plan.prefix.address().value();
  AddressMap map(plan.prefix);
  for (std::uint32_t i = 0; i < 65536; ++i)
    map.add(net::Ipv4Address(base + i));
  const net::Ipv4Address starts[] = {plan.prefix.address(), net::Ipv4Address(10, 64, 120, 63),
                                     net::Ipv4Address(10, 64, 200, 1), plan.prefix.broadcast()};
  for (const net::Ipv4Address start : starts)
    CHECK_FALSE(map.first_free(plan, start));
  // On both sides of where a word begins, inside of one, and the last that a host may have.
  for (const std::uint32_t left : {100U * 256 + 1, 130U * 256 + 63, 130U * 256 + 64, 130U * 256 + 100, 65534U}) {
    const net::Ipv4Address free(base + left);
    map.remove(free);
    CHECK_FALSE(map.has(free));
    for (const net::Ipv4Address start : starts)
      CHECK(map.first_free(plan, start) == free);
    map.add(free);
    CHECK(map.has(free));
  }
  map.remove(net::Ipv4Address(10, 64, 7, 7));
  CHECK_FALSE(map.first_free(plan, plan.prefix.address()));
}

TEST_CASE("a plan that gives nothing, or outside of its network, is refused") {
  AddressPlan plan = small_plan();
  CHECK(check(plan));
  plan.excluded = {{at(0), at(15)}};
  CHECK_FALSE(check(plan));
  plan = small_plan();
  plan.ranges = {{at(9), at(3)}};
  CHECK_FALSE(check(plan));
  plan.ranges = {{at(9), net::Ipv4Address(10, 9, 9, 1)}};
  CHECK_FALSE(check(plan));
  plan = small_plan();
  plan.lease_time = std::chrono::seconds(59);
  CHECK_FALSE(check(plan));
  plan = small_plan();
  plan.mtu = 500;
  CHECK_FALSE(check(plan));
  plan = small_plan();
  plan.quota = 0;
  CHECK_FALSE(check(plan));
}

}  // namespace ipop::leasing
