#include "node/keepsakes.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::node;
using namespace std::chrono_literals;

namespace {

constexpr WallTime wall_at_start{1'767'225'600};

NodeId kept_member(char letter) {
  return NodeId::from_prefix(Bytes(NodeId::size, static_cast<std::byte>(letter)));
}
const net::Ipv4Address own_address{10, 128, 0, 7};
const std::vector<net::Endpoint> peers = {*net::parse_endpoint("192.0.2.1:7000")};

struct Keeping {
  explicit Keeping(Keepsakes::SaveState state = {}) : machine(std::move(state), {}, clock) {
    clock.set(now, wall_at_start);
  }

  TimePoint now{};
  WallClock clock;
  Keepsakes machine;

  template <class T>
  std::optional<T> next() {
    const auto output = machine.poll_output();
    if (!output || !std::holds_alternative<T>(*output)) return std::nullopt;
    return std::get<T>(*output);
  }
  [[nodiscard]] bool is_silent() { return !machine.poll_output(); }
  void wait() {
    REQUIRE(machine.poll_timeout());
    now = *machine.poll_timeout();
    machine.handle_timeout(now);
  }
};

}  // namespace

TEST_CASE("a burst of direct links is one write of the peers, ten seconds after the first") {
  Keeping bench;
  const TimePoint start = bench.now;
  for (const char letter : {'a', 'b', 'c'}) {
    bench.machine.handle_link_up(bench.now, {kept_member(letter), std::nullopt}, true);
    bench.now += 2s;
  }
  CHECK(bench.is_silent());
  bench.wait();
  CHECK(bench.now == start + 10s);
  REQUIRE(bench.next<Keepsakes::WantPeers>());
  bench.machine.handle_peers(peers, own_address);
  const auto saved = bench.next<Keepsakes::SaveState>();
  REQUIRE(saved);
  CHECK(saved->peers == peers);
  CHECK(saved->address == own_address);
  bench.machine.handle_peers(peers, own_address);
  CHECK(bench.is_silent());
}

TEST_CASE("peers and an address once known are kept when all links are gone") {
  Keeping bench({own_address, peers});
  bench.machine.handle_peers({}, std::nullopt);
  CHECK(bench.is_silent());
  CHECK(bench.machine.address() == own_address);
  bench.machine.handle_peers({}, net::Ipv4Address(10, 128, 0, 8));
  CHECK(bench.next<Keepsakes::SaveState>()->peers == peers);
}

TEST_CASE("who was linked and is lost was there when it was heard last") {
  Keeping bench;
  bench.machine.handle_link_up(bench.now, {kept_member('a'), own_address}, false);
  bench.machine.handle_link_up(bench.now, {kept_member('b'), std::nullopt}, false);
  bench.machine.handle_link_down(bench.now + 60s, bench.now + 30s, kept_member('a'), Absence::lost);
  bench.machine.handle_link_down(bench.now + 60s, bench.now + 30s, kept_member('b'), Absence::stopped);
  bench.now += 60s;
  const auto gone = bench.machine.gone(bench.now, {});
  REQUIRE(gone.size() == 2);
  CHECK(gone[0].id == kept_member('b'));
  CHECK(gone[0].last_seen == wall_at_start + 60s);
  CHECK(gone[1].last_seen == wall_at_start + 30s);
  CHECK(gone[1].address == own_address);
}

TEST_CASE("the history is given out once for what changed, with those who are linked as seen at that moment") {
  Keeping bench;
  bench.machine.handle_link_up(bench.now, {kept_member('a'), std::nullopt}, false);
  bench.wait();
  CHECK(bench.now == TimePoint{} + 300s);
  REQUIRE(bench.next<Keepsakes::WantLinks>());
  bench.machine.handle_links(bench.now, {{kept_member('a'), own_address}});
  const auto saved = bench.next<Keepsakes::SaveHistory>();
  REQUIRE(saved);
  REQUIRE(saved->members.size() == 1);
  CHECK(saved->members.front().last_seen == wall_at_start + 300s);
  CHECK_FALSE(bench.machine.poll_timeout());
  bench.machine.handle_links(bench.now, {{kept_member('a'), own_address}});
  CHECK(bench.is_silent());
}
