#include "overlay/punch_targets.hpp"

#include <doctest/doctest.h>

#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

const net::Endpoint ours = endpoint(192, 0, 2, 1, 4000);
const net::Endpoint theirs = endpoint(198, 51, 100, 7, 4001);
const net::Endpoint theirs_otherwise = endpoint(198, 51, 100, 7, 4002);
const net::Endpoint theirs_at_home = endpoint(192, 168, 1, 5, 4000);
const net::Endpoint theirs_v6 = *net::parse_endpoint("[2001:db8::7]:4000");

PunchSide behind(NatClass nat) {
  return {nat, {ours}};
}

}  // namespace

TEST_CASE("mappings that hold for all destinations are shot at, and the address behind the NAT once") {
  const auto targets = punch_targets(behind(NatClass::endpoint_independent), NatClass::endpoint_independent,
                                     {theirs, theirs_otherwise, theirs_at_home});
  CHECK(targets == PunchTargets{{theirs, theirs_otherwise}, {theirs_at_home}});
}

TEST_CASE("of a NAT that gives each destination another mapping one endpoint opens ours for it") {
  const auto targets = punch_targets(behind(NatClass::endpoint_independent), NatClass::address_dependent,
                                     {theirs, theirs_otherwise, theirs_at_home});
  CHECK(targets == PunchTargets{{theirs}, {theirs_at_home}});
}

TEST_CASE("between two such NATs nothing is shot at for long, but IPv6 passes both") {
  const auto targets = punch_targets(behind(NatClass::address_dependent), NatClass::address_dependent,
                                     {theirs, theirs_otherwise, theirs_v6, theirs_at_home});
  CHECK(targets == PunchTargets{{theirs_v6}, {theirs, theirs_at_home}});
}

TEST_CASE("behind one NAT of whatever kind the private address is the way") {
  for (const NatClass nat : {NatClass::unknown, NatClass::endpoint_independent, NatClass::address_dependent}) {
    const net::Endpoint seen_there{ours.address, 4077};
    const auto targets = punch_targets(behind(nat), nat, {seen_there, theirs_at_home});
    CHECK(std::ranges::count(targets.always, theirs_at_home) == 1);
  }
}

TEST_CASE("where no NAT is seen between, private addresses are as good as others") {
  CHECK(punch_targets({}, NatClass::unknown, {theirs_at_home}) == PunchTargets{{theirs_at_home}, {}});
  CHECK(punch_targets({}, NatClass::unknown, {theirs, theirs_at_home}) == PunchTargets{{theirs, theirs_at_home}, {}});
  // A peer that has no other address stands in our network, or nobody has seen it yet.
  CHECK(punch_targets(behind(NatClass::endpoint_independent), NatClass::none, {theirs_at_home}) ==
        PunchTargets{{theirs_at_home}, {}});
  CHECK(punch_targets(behind(NatClass::none), NatClass::none, {}) == PunchTargets{});
}
