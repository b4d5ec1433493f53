#include "router/lease_candidates.hpp"

#include <set>

#include <doctest/doctest.h>

#include "router/lease_record.hpp"

using namespace ipop;
using namespace ipop::router;

namespace {

const net::Ipv4Prefix wide = *net::parse_ipv4_prefix("10.128.0.0/16");
// .1 to .6, of which the node itself answers at the first one.
const net::Ipv4Prefix narrow = *net::parse_ipv4_prefix("10.128.0.0/29");

Bytes address(std::uint8_t third, std::uint8_t last) {
  return record_name(net::Ipv4Address(10, 128, third, last));
}

/// Everything that can be drawn, each avoided after it was.
std::set<Bytes> drawn_from(LeaseCandidates& candidates) {
  std::set<Bytes> out;
  while (const auto name = candidates.next(TimePoint{})) {
    REQUIRE(out.insert(*name).second);
    candidates.avoid(TimePoint{}, *name, 60s);
  }
  return out;
}

}  // namespace

TEST_CASE("what was preferred comes first, and stays until it is avoided") {
  SeededRng rng(1);
  LeaseCandidates candidates(wide, {}, rng);
  candidates.prefer(address(1, 7));
  CHECK(candidates.next(TimePoint{}) == address(1, 7));
  CHECK(candidates.next(TimePoint{}) == address(1, 7));
  candidates.avoid(TimePoint{}, address(1, 7), 60s);
  const auto other = candidates.next(TimePoint{});
  REQUIRE(other);
  CHECK(*other != address(1, 7));
  CHECK(candidates.next(TimePoint{}) == other);
}

TEST_CASE("a small pool is drawn to its last address, and from anew when the time is over") {
  SeededRng rng(2);
  LeaseCandidates candidates(narrow, {}, rng);
  const auto all = drawn_from(candidates);
  CHECK(all.size() == 5);
  for (const Bytes& name : all)
    CHECK(is_leasable(*address_of(name), narrow));
  CHECK_FALSE(candidates.next(TimePoint{} + 59s));
  CHECK(candidates.next(TimePoint{} + 61s));
}

TEST_CASE("what a server gives out is not drawn, and nothing is until the server is given up") {
  SeededRng rng(3);
  LeaseServer server;
  server.pool = {{net::Ipv4Address(10, 128, 0, 2), net::Ipv4Address(10, 128, 0, 4)}};
  LeaseCandidates candidates(narrow, server, rng);
  CHECK_FALSE(candidates.draws());
  CHECK_FALSE(candidates.next(TimePoint{}));
  candidates.prefer(address(0, 3));
  candidates.draw(true);
  const auto all = drawn_from(candidates);
  CHECK(all == std::set<Bytes>{address(0, 5), address(0, 6)});
}

TEST_CASE("the owner's network takes three addresses away for an hour, and no fourth one") {
  SeededRng rng(4);
  LeaseCandidates candidates(wide, {}, rng);
  for (std::uint8_t i = 2; i <= 4; ++i) {
    CHECK(candidates.may_be_held(address(0, i), TimePoint{}));
    CHECK(candidates.quarantine(TimePoint{}, address(0, i)));
    CHECK_FALSE(candidates.may_be_held(address(0, i), TimePoint{}));
    candidates.prefer(address(0, i));
    CHECK(candidates.next(TimePoint{}) != address(0, i));
  }
  CHECK_FALSE(candidates.quarantine(TimePoint{} + 1s, address(0, 5)));
  CHECK(candidates.quarantine(TimePoint{} + std::chrono::hours(1) + 1s, address(0, 5)));
}

TEST_CASE("a chosen name is the only one there is, taken or not") {
  SeededRng rng(5);
  LeaseCandidates candidates({}, {}, rng);
  CHECK_FALSE(candidates.next(TimePoint{}));
  candidates.prefer(record_name("desk"));
  candidates.avoid(TimePoint{}, record_name("desk"), 60s);
  CHECK(candidates.next(TimePoint{}) == record_name("desk"));
  CHECK_FALSE(candidates.may_be_held(record_name("desk"), TimePoint{}));
}

TEST_CASE("what is no address that a node may hold is not held") {
  SeededRng rng(6);
  const LeaseCandidates candidates(wide, {}, rng);
  CHECK(candidates.may_be_held(address(3, 4), TimePoint{}));
  CHECK_FALSE(candidates.may_be_held(address(3, 255), TimePoint{}));
  CHECK_FALSE(candidates.may_be_held(record_name(net::Ipv4Address(10, 129, 0, 1)), TimePoint{}));
  CHECK_FALSE(candidates.may_be_held(record_name("a name"), TimePoint{}));
}
