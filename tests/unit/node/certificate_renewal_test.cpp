#include "node/certificate_renewal.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;
using namespace std::chrono;

namespace {

constexpr WallTime signed_on{1'767'225'600};
constexpr hours a_day{24};

/// A certificate of 90 days begins a day before it is signed.
node::CertificateRenewal of_90_days(std::uint64_t chance) {
  return {signed_on - a_day, signed_on + 90 * a_day, chance};
}

std::size_t requests(const SimNode& node) {
  return static_cast<std::size_t>(std::ranges::count_if(
      node.log, [](const LogLine& line) { return line.text == "asking for the next certificate"; }));
}

}  // namespace

TEST_CASE("S10: a certificate of 90 days is asked for again from the 60th day on, and by the 62nd at the latest") {
  for (const std::uint64_t chance : {std::uint64_t{0}, std::uint64_t{1} << 40U, ~std::uint64_t{0}}) {
    node::CertificateRenewal renewal = of_90_days(chance);
    CHECK_FALSE(renewal.take_request(signed_on + 60 * a_day - 1s));
    CHECK(renewal.take_request(signed_on + 62 * a_day));
  }
}

TEST_CASE("members that were signed for at the same time ask at different times") {
  SeededRng rng(1);
  std::vector<seconds> times;
  for (int i = 0; i < 20; ++i)
    times.push_back(*of_90_days(rng.next()).look_after(signed_on));
  std::ranges::sort(times);
  CHECK(std::ranges::unique(times).begin() - times.begin() > 15);
}

TEST_CASE(
    "nobody asks twice at a time; after a failure the node asks again, ten times and more, but not after the end") {
  node::CertificateRenewal renewal = of_90_days(1);
  WallTime wall = signed_on + 62 * a_day;
  REQUIRE(renewal.take_request(wall));
  CHECK_FALSE(renewal.take_request(wall + a_day));
  CHECK_FALSE(renewal.look_after(wall));
  int asked = 0;
  while (true) {
    renewal.handle_failure(wall, "nobody answers");
    CHECK(renewal.notice(wall).value_or("").ends_with("failed: nobody answers"));
    const auto pause = renewal.look_after(wall);
    REQUIRE(pause);
    REQUIRE(*pause >= 10s);
    REQUIRE(*pause <= 6h);
    wall = wall + *pause;
    if (!renewal.take_request(wall)) break;
    ++asked;
  }
  CHECK(asked > 100);
  CHECK(wall >= signed_on + 90 * a_day);
  CHECK_FALSE(renewal.look_after(wall));
  CHECK_FALSE(renewal.notice(wall));
}

TEST_CASE("S10: a node asks for its next certificate by itself, once it has an address; what fails is in its status") {
  SimRing ring({.seed = 23, .closed = true});
  ring.add_bootstrap();
  const std::size_t late =
      ring.add_member(ring.network().add_public_site(), TimePoint{}, [&](node::NodeConfig& config) {
        crypto::CertificateAuthority::Fields fields;
        fields.user = "late";
        fields.group = "simulation";
        const auto digest = crypto::sha256(as_bytes("late"));
        fields.serial = to_bytes(ByteSpan(digest).first(16));
        fields.not_before = WallTime{SimRing::start_wall_seconds} - 24h;
        fields.not_after = WallTime{SimRing::start_wall_seconds} + 2h;
        config.certificate = *ring.authority().authority().sign(config.certificate->public_key(), fields);
      });
  SimNode& node = ring.at(late);
  REQUIRE(ring.network().run_until_done([&] { return ring.all_joined() && ring.all_have_addresses(); }, 60s));
  CHECK(requests(node) == 0);
  ring.network().run_for(85min);
  REQUIRE(requests(node) == 1);
  node.node().handle_renewal_failure(ring.network().now(), "the authority's machine is off");
  ring.network().drain(ring.host(late));
  const auto notices = node.status(ring.network().now()).notices;
  REQUIRE_FALSE(notices.empty());
  CHECK(notices.back().find("failed: the authority's machine is off") != std::string::npos);
  ring.network().run_for(5min);
  CHECK(requests(node) == 2);
}
