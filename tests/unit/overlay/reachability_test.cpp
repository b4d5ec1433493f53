#include "overlay/reachability.hpp"

#include <utility>

#include <doctest/doctest.h>

#include "link_maker.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

const net::Endpoint mapped = endpoint(198, 51, 100, 1, 5000);
const net::Endpoint mapped_anew = endpoint(198, 51, 100, 1, 6000);

/// A node behind a NAT, and what it says when peers tell it where they see it.
struct Seen {
  std::vector<Reachability::Output> by(std::uint8_t peer, const net::Endpoint& observed) {
    node.handle_observed(now, id_at(peer), place(peer), observed);
    return drained(node);
  }

  TimePoint now = TimePoint{} + 1h;
  Reachability node{std::nullopt};
};

template <class T>
std::size_t count_of(const std::vector<Reachability::Output>& outputs) {
  return those<T>(outputs).size();
}

}  // namespace

TEST_CASE("the class of the NAT is told once two peers agree, and again only when something changed") {
  Seen seen;
  const auto first = those<Reachability::Changed>(seen.by(1, mapped));
  REQUIRE(first.size() == 1);
  CHECK(first[0].nat == NatClass::unknown);
  CHECK_FALSE(first[0].nat_changed);
  const auto second = those<Reachability::Changed>(seen.by(2, mapped));
  REQUIRE(second.size() == 1);
  CHECK(second[0].nat == NatClass::endpoint_independent);
  CHECK(second[0].nat_changed);
  CHECK(second[0].observed == std::vector{mapped});
  CHECK(seen.by(3, mapped).empty());
  CHECK(seen.by(1, mapped).empty());
  CHECK(seen.node.candidates().front() == mapped);
}

TEST_CASE("a peer that sees a new mapping has all asked, every two seconds at most") {
  Seen seen;
  seen.by(1, mapped);
  seen.by(2, mapped);
  CHECK(count_of<Reachability::AskAll>(seen.by(1, mapped_anew)) == 1);
  for (const auto& [after, asks] : {std::pair<Duration, std::size_t>(1s, 0), std::pair<Duration, std::size_t>(999ms, 0),
                                    std::pair<Duration, std::size_t>(1ms, 1)}) {
    seen.now += after;
    // Whoever lies does so again and again.
    const auto port = static_cast<std::uint16_t>(seen.now.time_since_epoch() / 1ms % 10'000 + 7000);
    CHECK(count_of<Reachability::AskAll>(seen.by(1, endpoint(198, 51, 100, 1, port))) == asks);
  }
}

TEST_CASE("this node has moved when most see it elsewhere, or its NAT is of another kind") {
  Seen seen;
  seen.by(1, mapped);
  CHECK(count_of<Reachability::Moved>(seen.by(2, mapped)) == 0);  // unknown before
  seen.by(1, mapped_anew);
  CHECK(count_of<Reachability::Moved>(seen.by(2, mapped_anew)) == 1);
  // Each peer sees another port: a symmetric NAT, which is another kind.
  seen.now += 61s;
  std::size_t moved = 0;
  for (std::uint8_t peer = 1; peer <= 4; ++peer)
    moved += count_of<Reachability::Moved>(
        seen.by(peer, endpoint(198, 51, 100, 1, static_cast<std::uint16_t>(9000 + peer))));
  CHECK(seen.node.nat_class() == NatClass::address_dependent);
  CHECK(moved >= 1);
  // From then on other ports are no move.
  moved = 0;
  for (std::uint8_t peer = 1; peer <= 4; ++peer)
    moved += count_of<Reachability::Moved>(
        seen.by(peer, endpoint(198, 51, 100, 1, static_cast<std::uint16_t>(9500 + peer))));
  CHECK(moved == 0);
}

TEST_CASE("what no peer can see, or lies in the virtual network, is not believed") {
  Reachability node(net::Ipv4Prefix(net::Ipv4Address(10, 9, 0, 0), 16));
  for (const net::Endpoint& forbidden :
       {endpoint(10, 9, 1, 1, 4000), endpoint(224, 0, 0, 1, 4000), endpoint(198, 51, 100, 1, 0)}) {
    node.handle_observed(TimePoint{}, id_at(1), place(1), forbidden);
    CHECK(drained(node).empty());
  }
  CHECK(node.counters().get("drop_observed_forbidden") == 3);
  CHECK_FALSE(node.policy().allows(endpoint(10, 9, 1, 1, 4000)));
}

TEST_CASE("local endpoints count once, in whatever order; another address asks all anew and forgets what was said") {
  Seen seen;
  const net::Endpoint a = endpoint(192, 168, 1, 2, 4000), b = endpoint(192, 168, 2, 2, 4000);
  CHECK(seen.node.handle_local_endpoints({a, b}));
  CHECK_FALSE(seen.node.handle_local_endpoints({b, a, b}));
  CHECK_FALSE(seen.node.policy().allows(a));
  seen.by(1, mapped);
  seen.by(2, mapped);
  CHECK(seen.node.handle_local_endpoints({b}));
  CHECK(seen.node.policy().allows(a));
  seen.node.handle_address_changed();
  CHECK(count_of<Reachability::AskAll>(drained(seen.node)) == 1);
  CHECK(seen.node.observed().empty());
  CHECK(seen.node.nat_class() == NatClass::unknown);
}

TEST_CASE("who comes in unasked shows that strangers get in, until the address changes") {
  Seen seen;
  const net::Endpoint stranger = endpoint(203, 0, 113, 5, 4000);
  seen.node.handle_sent(seen.now, place(1), true);
  CHECK_FALSE(seen.node.handle_opened(seen.now, place(1)));
  seen.node.handle_sent(seen.now, stranger, false);  // the answer to its first message
  CHECK(seen.node.handle_opened(seen.now, stranger));
  CHECK(seen.node.got_in());
  seen.node.handle_address_changed();
  CHECK_FALSE(seen.node.got_in());
}
