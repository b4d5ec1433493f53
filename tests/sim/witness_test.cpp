#include <string>

#include <doctest/doctest.h>

#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

const net::Ipv4Address contested(10, 200, 3, 4);

// A closed group whose members live in rings that know nothing of each other until they meet.
class SeparateRings {
 public:
  explicit SeparateRings(std::uint64_t seed)
      : ring({.seed = seed, .network = {.latency = 20ms}, .closed = true}), site_(ring.network().add_public_site()) {}

  // A ring of `members`, the last of which holds the contested address; `user` names them all, or each is its own.
  std::size_t add(std::size_t members, const std::string& user = {}) {
    const std::size_t first = ring.size();
    for (std::size_t i = 0; i < members; ++i) {
      const bool is_first = i == 0;
      const bool is_last = i + 1 == members;
      ring.add_member(site_, ring.network().now(), [&](node::NodeConfig& config) {
        if (!user.empty()) config.certificate = ring.authority().sign(config.certificate->public_key(), user);
        if (!is_first) {
          config.bootstrap = {endpoint_of(first)};
          config.has_bootstrap = true;
        }
        if (is_last) config.preferred_address = contested;
      });
      // Who grants must be there before who asks.
      if (is_first || i + 2 == members) ring.network().run_for(10s);
    }
    ring.network().run_for(10s);
    const std::size_t holder = ring.size() - 1;
    REQUIRE(ring.at(holder).node().address() == contested);
    return holder;
  }

  // As when somebody gives one of them the other's endpoint.
  void meet(std::size_t one, std::size_t other) {
    ring.at(one).node().handle_bootstrap(ring.network().now(), {endpoint_of(other)});
    ring.network().drain(ring.host(one));
    CHECK(ring.network().run_until_done([&] { return ring.near_links_are_right() && ring.duplicate_addresses() == 0; },
                                        120s));
    ring.network().run_for(60s);
    CHECK(ring.duplicate_addresses() == 0);
  }

  SimRing ring;

 private:
  [[nodiscard]] net::Endpoint endpoint_of(std::size_t index) { return ring.network().local_endpoint(ring.host(index)); }

  SiteId site_;
};

}  // namespace

TEST_CASE("S3: a ring of one member's many certificates takes no lease, however old its own is") {
  SeparateRings rings(61);
  const std::size_t squatter = rings.add(8, "mallory");
  rings.ring.network().run_for(120s);
  const std::size_t holder = rings.add(6);
  rings.meet(holder, squatter);
  CHECK(rings.ring.at(holder).node().address() == contested);
  CHECK(rings.ring.at(squatter).node().address() != contested);
}

TEST_CASE("when two closed rings of many users meet the older lease holds, though its witnesses have left") {
  SeparateRings rings(62);
  const std::size_t older = rings.add(6);
  rings.ring.network().run_for(60s);
  const std::size_t younger = rings.add(6);
  for (std::size_t i = 0; i + 1 < 6; ++i) {
    // One stays, so that the holder is reached.
    if (i != 0) rings.ring.kill(i);
    rings.ring.network().run_for(5s);
  }
  rings.meet(younger, older);
  CHECK(rings.ring.at(older).node().address() == contested);
  CHECK(rings.ring.at(younger).node().address() != contested);
}
