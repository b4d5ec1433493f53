#include <doctest/doctest.h>

#include "overlay/candidates.hpp"
#include "overlay/carrier.hpp"
#include "overlay/foreign_requests.hpp"
#include "overlay/hole_punch.hpp"
#include "overlay/leaf_links.hpp"
#include "overlay/link_journal.hpp"
#include "overlay/linker.hpp"
#include "overlay/liveness.hpp"
#include "overlay/nat_behavior.hpp"
#include "overlay/near_links.hpp"
#include "overlay/on_demand_links.hpp"
#include "overlay/relay.hpp"
#include "overlay/request_reply.hpp"
#include "overlay/shortcut_links.hpp"
#include "overlay/spare_links.hpp"
#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

struct LinkerRun {
  std::vector<TimePoint> asks;
  std::vector<TimePoint> shots;
  std::vector<TimePoint> relays;
  std::optional<Linker::Failed> failed;
};

/// Drains and jumps to the deadline until nothing is left to do.
LinkerRun run_until_idle(Linker& linker, TimePoint& now) {
  LinkerRun run;
  for (int i = 0; i < 1000; ++i) {
    while (const auto output = linker.poll_output()) {
      std::visit(Overloaded{[&](const Linker::Ask&) { run.asks.push_back(now); },
                            [&](const Linker::Shoot&) { run.shots.push_back(now); },
                            [&](const Linker::UseRelay&) { run.relays.push_back(now); },
                            [&](const Linker::Failed& failed) { run.failed = failed; }},
                 *output);
    }
    const auto deadline = linker.poll_timeout();
    if (!deadline) break;
    now = std::max(now, *deadline);
    linker.handle_timeout(now);
  }
  return run;
}

const net::Endpoint somewhere = endpoint(192, 0, 2, 1, 4000);
const net::Endpoint elsewhere = endpoint(198, 51, 100, 7, 4001);

bool anything(const net::Endpoint&) {
  return true;
}

}  // namespace

TEST_CASE("a peer that does not answer over the ring is asked four times and given up after 7.5 s") {
  Linker linker(id_at(1), 7);
  TimePoint now{};
  linker.start(now);
  const LinkerRun run = run_until_idle(linker, now);
  CHECK(run.asks == std::vector{TimePoint{}, TimePoint{} + 500ms, TimePoint{} + 1500ms, TimePoint{} + 3500ms});
  CHECK(run.shots.empty());
  REQUIRE(run.failed);
  CHECK_FALSE(run.failed->answered);
  CHECK(now == TimePoint{} + 7500ms);
  CHECK(linker.has_ended());
}

TEST_CASE("candidates are fired at fifteen times, and a relay is wanted after the first round") {
  Linker linker(id_at(1), 7);
  TimePoint now{};
  linker.handle_candidates(now, {somewhere}, false);
  const LinkerRun run = run_until_idle(linker, now);
  CHECK(run.shots.size() == HolePunch::shots);
  CHECK(run.shots[1] - run.shots[0] == HolePunch::pace);
  CHECK(run.relays == std::vector{TimePoint{} + 1s});
  REQUIRE(run.failed);
  CHECK(run.failed->answered);
  CHECK(now == TimePoint{} + 3s);
}

TEST_CASE("where punching has no chance a relay is wanted at once") {
  Linker linker(id_at(1), 7);
  TimePoint now{};
  linker.handle_candidates(now, {somewhere}, true);
  CHECK(run_until_idle(linker, now).relays == std::vector{TimePoint{}});
  CHECK(can_not_punch(NatClass::address_dependent, NatClass::address_dependent));
  CHECK_FALSE(can_not_punch(NatClass::address_dependent, NatClass::endpoint_independent));
  CHECK_FALSE(can_not_punch(NatClass::unknown, NatClass::address_dependent));
}

TEST_CASE("new candidates start the rounds again, known ones do not") {
  Linker linker(id_at(1), 7);
  TimePoint now{};
  linker.handle_candidates(now, {somewhere}, false);
  while (linker.poll_output()) {
  }
  now += 500ms;
  linker.handle_candidates(now, {somewhere}, false);
  linker.handle_candidates(now, {somewhere, elsewhere}, false);
  const LinkerRun run = run_until_idle(linker, now);
  CHECK(now == TimePoint{} + 500ms + 3s);
  CHECK(linker.candidates().size() == 2);
  linker.drop_candidate(somewhere);
  CHECK(linker.candidates() == std::vector{elsewhere});
}

TEST_CASE("an idle path is probed after its keep-alive and dead six probes later") {
  SeededRng rng(1);
  Liveness liveness(TimePoint{}, 15s, rng);
  CHECK(liveness.deadline() >= TimePoint{} + 12s);
  CHECK(liveness.deadline() <= TimePoint{} + 18s);
  const TimePoint first = liveness.deadline();
  unsigned probes = 0;
  TimePoint now{};
  for (auto action = Liveness::Action::none; action != Liveness::Action::dead; action = liveness.handle_timeout(now)) {
    if (action == Liveness::Action::probe) ++probes;
    now = liveness.deadline();
  }
  CHECK(probes == Liveness::probes_when_idle);
  CHECK(now == first + Liveness::probes_when_idle * Liveness::probe_interval);
}

TEST_CASE("a path that takes packets and gives nothing back is dead in four and a half seconds") {
  SeededRng rng(1);
  Liveness liveness(TimePoint{}, 15s, rng);
  TimePoint now = TimePoint{} + 3s;
  liveness.handle_sent(now);
  liveness.handle_sent(now + 100ms);
  for (auto action = Liveness::Action::none; action != Liveness::Action::dead;) {
    now = liveness.deadline();
    action = liveness.handle_timeout(now);
  }
  CHECK(now == TimePoint{} + 3s + 4500ms);
}

TEST_CASE("whatever arrives proves life, and the pong of the last ping gives the round trip") {
  SeededRng rng(1);
  Liveness liveness(TimePoint{}, 15s, rng);
  liveness.probe_now(TimePoint{} + 1s);
  CHECK(liveness.handle_timeout(TimePoint{} + 1s) == Liveness::Action::probe);
  const auto id = liveness.next_ping(TimePoint{} + 1s);
  liveness.handle_received(TimePoint{} + 1100ms, rng);
  CHECK(liveness.deadline() >= TimePoint{} + 13100ms);
  CHECK(liveness.handle_pong(TimePoint{} + 1100ms, id) == std::optional<Duration>(100ms));
  CHECK_FALSE(liveness.handle_pong(TimePoint{} + 1100ms, id + 1));
}

TEST_CASE("two peers that see our own address mean no NAT, one is not enough") {
  NatBehavior nat;
  nat.handle_local_endpoints({somewhere});
  nat.handle_report(TimePoint{}, id_at(1), endpoint(192, 0, 2, 9, 1), somewhere);
  CHECK(nat.nat_class() == NatClass::unknown);
  nat.handle_report(TimePoint{}, id_at(2), endpoint(192, 0, 2, 10, 1), somewhere);
  CHECK(nat.nat_class() == NatClass::none);
  CHECK(nat.observed().empty());
}

TEST_CASE("equal reports from two addresses mean endpoint-independent mapping, different ones do not") {
  NatBehavior nat;
  nat.handle_local_endpoints({endpoint(10, 0, 0, 1, 4000)});
  nat.handle_report(TimePoint{}, id_at(1), endpoint(192, 0, 2, 9, 1), elsewhere);
  nat.handle_report(TimePoint{}, id_at(2), endpoint(192, 0, 2, 9, 2), elsewhere);
  CHECK(nat.nat_class() == NatClass::unknown);  // one address: not independent
  nat.handle_report(TimePoint{}, id_at(3), endpoint(192, 0, 2, 10, 1), elsewhere);
  CHECK(nat.nat_class() == NatClass::endpoint_independent);
  CHECK(nat.observed() == std::vector{elsewhere});
}

TEST_CASE("different reports from each address mean address-dependent mapping") {
  NatBehavior nat;
  nat.handle_local_endpoints({endpoint(10, 0, 0, 1, 4000)});
  auto seen = elsewhere;
  for (std::uint8_t i = 1; i <= 3; ++i) {
    ++seen.port;
    nat.handle_report(TimePoint{} + i * 1s, id_at(i), endpoint(192, 0, 2, i, 1), seen);
  }
  CHECK(nat.nat_class() == NatClass::address_dependent);
  CHECK(nat.observed().front() == seen);
}

TEST_CASE("S24: what one peer, or many at one address, say of us does not count against the others") {
  NatBehavior nat;
  nat.handle_local_endpoints({endpoint(10, 0, 0, 1, 4000)});
  for (std::uint8_t i = 1; i <= 3; ++i)
    nat.handle_report(TimePoint{}, id_at(i), endpoint(192, 0, 2, i, 1), elsewhere);
  auto lie = somewhere;
  for (std::uint16_t i = 0; i < 50; ++i) {
    ++lie.port;
    const auto liar = static_cast<std::uint8_t>(100 + i % 4);
    nat.handle_report(TimePoint{} + i * 100ms, id_at(liar), endpoint(192, 0, 2, 200, 1 + liar), lie);
    CHECK(nat.nat_class() == NatClass::endpoint_independent);
    CHECK(nat.observed().front() == elsewhere);
  }
}

TEST_CASE("S24: a lie about a node without a NAT does not put one before it") {
  NatBehavior nat;
  nat.handle_local_endpoints({somewhere});
  for (std::uint8_t i = 1; i <= 4; ++i)
    nat.handle_report(TimePoint{}, id_at(i), endpoint(192, 0, 2, i, 1), somewhere);
  nat.handle_report(TimePoint{}, id_at(9), endpoint(192, 0, 2, 9, 1), elsewhere);
  CHECK(nat.nat_class() == NatClass::none);
}

TEST_CASE("a peer that changes its report is asked about, and a second voice makes the old reports go") {
  NatBehavior nat;
  nat.handle_report(TimePoint{}, id_at(1), endpoint(192, 0, 2, 9, 1), elsewhere);
  nat.handle_report(TimePoint{}, id_at(2), endpoint(192, 0, 2, 10, 1), elsewhere);
  auto other = elsewhere;
  ++other.port;
  CHECK(nat.handle_report(TimePoint{} + 5s, id_at(1), endpoint(192, 0, 2, 9, 1), other) ==
        NatBehavior::News::new_mapping);
  nat.handle_report(TimePoint{} + 4s, id_at(3), endpoint(192, 0, 2, 11, 1), elsewhere);
  CHECK(nat.handle_report(TimePoint{} + 5s, id_at(2), endpoint(192, 0, 2, 10, 1), other) ==
        NatBehavior::News::new_mapping);
  CHECK(nat.handle_report(TimePoint{} + 6s, id_at(2), endpoint(192, 0, 2, 10, 1), other) == NatBehavior::News::none);
  CHECK(nat.nat_class() == NatClass::endpoint_independent);
}

TEST_CASE("S24: an informant whose ids do not answer is not heard for a minute") {
  NearLinks near(id_at(100));
  const NodeId liar = id_at(1);
  const NodeId honest = id_at(2);
  TimePoint now{};
  for (std::uint8_t i = 0; i < 40; ++i)
    near.learn(now, id_at(101, i), liar);
  CHECK(near.size() == NearLinks::named_at_once);
  near.learn(now, id_at(110), honest);
  for (std::uint8_t i = 0; i < 40; ++i)
    near.handle_unanswered(now, id_at(101, i));
  CHECK(near.size() == 1);
  near.learn(now, id_at(101, 50), liar);
  CHECK(near.size() == 1);
  near.learn(now, id_at(111), honest);
  CHECK(near.size() == 2);
  now += NearLinks::muted_for + 1s;
  near.learn(now, id_at(101, 51), liar);
  CHECK(near.size() == 3);
}

TEST_CASE("S5: who was only asked to shoots three times") {
  Linker linker(id_at(1), 7, HolePunch::shots_asked);
  TimePoint now{};
  linker.handle_candidates(now, {elsewhere}, false);
  unsigned shots = 0;
  while (!linker.has_ended()) {
    while (auto output = linker.poll_output()) {
      shots += std::holds_alternative<Linker::Shoot>(*output) ? 1U : 0U;
    }
    REQUIRE(linker.poll_timeout());
    now = *linker.poll_timeout();
    linker.handle_timeout(now);
  }
  CHECK(shots == 3);
}

TEST_CASE("S5: packets to an address that somebody named have a pace, by address and in all") {
  ForeignRequests foreign;
  TimePoint now{};
  unsigned fired = 0;
  for (std::uint16_t i = 0; i < 1000; ++i)
    fired += foreign.may_shoot(now + i * 10ms, endpoint(192, 0, 2, 1, i)) ? 1U : 0U;
  CHECK(fired <= ForeignRequests::shot_burst + 10 * 5);
  now += 1h;
  fired = 0;
  for (std::uint16_t i = 0; i < 4000; ++i) {
    const auto octet = static_cast<std::uint8_t>(i);
    fired += foreign.may_shoot(now, endpoint(192, 0, static_cast<std::uint8_t>(i >> 8U), octet, 1)) ? 1U : 0U;
  }
  CHECK(fired == ForeignRequests::any_shot_burst);
}

TEST_CASE("S5: of a peer's candidates two at one address are used") {
  std::vector<net::Endpoint> named;
  for (std::uint16_t port = 1; port <= 8; ++port)
    named.push_back(endpoint(192, 0, 2, 1, port));
  named.push_back(*net::parse_endpoint("[2001:db8::1]:5"));
  named.push_back(*net::parse_endpoint("[2001:db8::2]:5"));
  named.push_back(*net::parse_endpoint("[2001:db8::3]:5"));
  CHECK(usable_candidates(named, {}).size() == 4);
}

TEST_CASE("links go to no endpoint that can't be a peer's") {
  EndpointPolicy policy;
  policy.virtual_prefix = net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9);
  policy.own = {somewhere};
  CHECK(policy.allows(elsewhere));
  CHECK(policy.allows(endpoint(10, 127, 0, 1, 5)));
  CHECK_FALSE(policy.allows(somewhere));
  CHECK_FALSE(policy.allows(endpoint(10, 128, 0, 1, 5)));
  CHECK_FALSE(policy.allows(endpoint(192, 0, 2, 5, 0)));
  CHECK_FALSE(policy.allows(endpoint(0, 0, 0, 0, 5)));
  CHECK_FALSE(policy.allows(endpoint(224, 0, 0, 1, 5)));
  CHECK_FALSE(policy.allows(endpoint(255, 255, 255, 255, 5)));
  CHECK(policy.allows(endpoint(127, 0, 0, 1, 5)));
  CHECK_FALSE(policy.allows_candidate(endpoint(127, 0, 0, 1, 5)));
  policy.own.push_back(endpoint(127, 0, 0, 1, 9));
  CHECK(policy.allows_candidate(endpoint(127, 0, 0, 1, 5)));
  for (const char* text : {"[::]:5", "[ff02::1]:5", "[fe80::1]:5", "[::ffff:192.0.2.1]:5"}) {
    const auto v6 = net::parse_endpoint(text);
    if (v6) CHECK_FALSE_MESSAGE(policy.allows(*v6), text);
  }
  CHECK(policy.allows(*net::parse_endpoint("[2001:db8::1]:5")));
}

TEST_CASE("candidates are bounded, without doubles, observed ones first") {
  std::vector<net::Endpoint> many;
  for (std::uint8_t i = 1; i < 30; ++i)
    many.push_back(endpoint(192, 0, 2, i, 4000));
  const auto ours = gather_candidates({elsewhere, elsewhere}, many, {});
  CHECK(ours.size() == max_candidates);
  CHECK(ours.front() == elsewhere);
  CHECK(ours[1] == many[0]);
  CHECK(usable_candidates(many, {}).size() == max_candidates);
}

TEST_CASE("a carrier keeps what it was made from") {
  for (const LinkCarrier& carrier : {LinkCarrier(somewhere), LinkCarrier(*net::parse_endpoint("[2001:db8::7]:65535")),
                                     LinkCarrier(RelayPath{id_at(3), id_at(4)})}) {
    const auto back = from_carrier(to_carrier(carrier));
    REQUIRE(back);
    CHECK(*back == carrier);
  }
  CHECK(to_carrier(somewhere).octets().size() == 7);
  CHECK_FALSE(from_carrier(crypto::Carrier{}));
  const Bytes odd{std::byte{1}, std::byte{2}};
  CHECK_FALSE(from_carrier(crypto::Carrier(crypto::Carrier::Transport::endpoint, odd, {})));
}

TEST_CASE("bootstrap endpoints are tried four at once, others when these are slow, each with back-off") {
  SeededRng rng(4);
  LeafLinks leaf;
  std::vector<net::Endpoint> many;
  for (std::uint8_t i = 1; i <= 6; ++i)
    many.push_back(endpoint(192, 0, 2, i, 4000));
  leaf.set_endpoints(many, {}, rng);
  TimePoint now{};
  const auto first = leaf.take_due(now, anything);
  CHECK(first.size() == LeafLinks::at_once);
  CHECK(leaf.take_due(now, anything).empty());
  REQUIRE(leaf.deadline(now, true));
  now = *leaf.deadline(now, true);
  CHECK(now == TimePoint{} + LeafLinks::slow_after);
  CHECK(leaf.take_due(now, anything).size() == 2);

  // The back-off of one that fails grows to its bound.
  Duration longest{};
  for (int i = 0; i < 12; ++i) {
    leaf.handle_failed(now, first[0], rng);
    const auto next = leaf.deadline(now, true);
    REQUIRE(next);
    longest = std::max(longest, *next - now);
    now = *next;
    CHECK(leaf.take_due(now, [&](const auto& e) { return e == first[0]; }) == std::vector{first[0]});
  }
  CHECK(longest >= 24s);
  CHECK(longest <= 36s);
}

TEST_CASE("an endpoint that accepts and refuses a moment later is tried ever more rarely") {
  SeededRng rng(4);
  LeafLinks leaf;
  leaf.set_endpoints({somewhere, elsewhere}, {}, rng);
  TimePoint now{};
  Duration pause{};
  for (int i = 0; i < 24; ++i) {
    const auto due = leaf.take_due(now, anything);
    REQUIRE_FALSE(due.empty());
    for (const net::Endpoint& endpoint : due) {
      leaf.handle_accepted(now, endpoint);
      leaf.handle_ended(now + 1s, endpoint, rng);
    }
    now += 1s;
    CHECK(leaf.take_due(now, anything).empty());
    REQUIRE(leaf.deadline(now, true));
    pause = *leaf.deadline(now, true) - now;
    now += pause;
  }
  CHECK(pause > 40s);
  // Once it stood for a while it is tried again at once.
  const auto due = leaf.take_due(now, anything);
  REQUIRE_FALSE(due.empty());
  leaf.handle_accepted(now, due.front());
  now += LeafLinks::refusing.stands;
  leaf.handle_ended(now, due.front(), rng);
  CHECK_FALSE(leaf.take_due(now, [&](const auto& e) { return e == due.front(); }).empty());
}

TEST_CASE("where members were reached is tried after the bootstrap nodes, never for a probe, and is bounded") {
  SeededRng rng(4);
  LeafLinks leaf;
  leaf.set_endpoints({somewhere}, {}, rng);
  const auto learnt = [](std::size_t i) { return endpoint(198, 51, 100, static_cast<std::uint8_t>(i), 4000); };
  for (std::size_t i = 0; i <= LeafLinks::max_learnt; ++i)
    leaf.learn(learnt(i));
  CHECK_FALSE(leaf.contains(learnt(0)));
  CHECK(leaf.contains(learnt(LeafLinks::max_learnt)));
  leaf.learn_hearsay(elsewhere);
  CHECK_FALSE(leaf.contains(elsewhere));

  leaf.start_probing(TimePoint{}, rng);
  for (TimePoint now{}; now < TimePoint{} + 1000s; now += 60s) {
    const auto probe = leaf.take_probe(now, 1, anything, rng);
    if (!probe) continue;
    CHECK(*probe == somewhere);
    leaf.handle_unneeded(*probe);
  }
  const auto due = leaf.take_due(TimePoint{} + 1000s, anything);
  CHECK(due == std::vector{somewhere, learnt(1), learnt(2), learnt(3)});

  // Another list of bootstrap nodes takes nothing of it away.
  leaf.set_endpoints({elsewhere}, {}, rng);
  CHECK(leaf.contains(learnt(1)));
  CHECK_FALSE(leaf.contains(somewhere));
}

TEST_CASE("a node with fewer than two direct links tries one more member, ever more rarely") {
  SeededRng rng(4);
  SpareLinks spare;
  TimePoint now{};
  spare.handle_direct(now, {id_of(1)});
  unsigned tries = 0;
  for (; now < TimePoint{} + 3600s; now = *spare.deadline()) {
    CHECK(spare.is_due(now));
    spare.handle_tried(now, rng);
    CHECK_FALSE(spare.is_due(now));
    ++tries;
  }
  CHECK(tries >= 8);
  CHECK(tries <= 16);
  CHECK(spare.keeps(id_of(1)));

  spare.handle_direct(now, {id_of(1), id_of(2)});
  CHECK_FALSE(spare.deadline());
  CHECK(spare.keeps(id_of(2)));
  CHECK_FALSE(spare.keeps(id_of(3)));
  spare.handle_direct(now, {id_of(1), id_of(2), id_of(3)});
  CHECK_FALSE(spare.keeps(id_of(2)));
  // What stood for a minute and is lost is replaced at once.
  now += SpareLinks::pace.stands;
  spare.handle_direct(now, {id_of(1)});
  CHECK(spare.is_due(now));
}

TEST_CASE("the member that most peers are linked with is tried first") {
  const auto all = [](const NodeId&) { return true; };
  CHECK(most_linked({id_of(1), id_of(2), id_of(3), id_of(2)}, all) == id_of(2));
  CHECK(most_linked({id_of(1), id_of(2), id_of(2)}, [](const NodeId& id) { return id != id_of(2); }) == id_of(1));
  CHECK_FALSE(most_linked({id_of(2)}, [](const NodeId&) { return false; }));
}

TEST_CASE("our own endpoint in the bootstrap list is tried no more") {
  SeededRng rng(4);
  LeafLinks leaf;
  leaf.set_endpoints({somewhere}, {}, rng);
  CHECK(leaf.take_due(TimePoint{}, anything).size() == 1);
  leaf.handle_own(somewhere);
  CHECK(leaf.take_due(TimePoint{} + 100s, anything).empty());
  CHECK_FALSE(leaf.deadline(TimePoint{} + 100s, true));
}

TEST_CASE("a node probes for another ring every half to whole minute, in large rings only some nodes do") {
  SeededRng rng(4);
  LeafLinks leaf;
  leaf.set_endpoints({somewhere, elsewhere}, {}, rng);
  TimePoint now{};
  leaf.start_probing(now, rng);
  unsigned small = 0;
  unsigned large = 0;
  for (unsigned i = 0; i < 200; ++i) {
    const TimePoint due = *leaf.deadline(now, false);
    CHECK(due - now >= 30s);
    CHECK(due - now <= 60s);
    now = due;
    const auto probe = leaf.take_probe(now, i < 100 ? 10 : 1000, anything, rng);
    if (probe) leaf.handle_failed(now, *probe, rng);
    (i < 100 ? small : large) += probe ? 1U : 0U;
  }
  CHECK(small == 100);
  CHECK(large < 10);
}

TEST_CASE("shortcuts follow the size of the ring and the harmonic density") {
  CHECK(shortcuts_wanted(1) == 0);
  CHECK(shortcuts_wanted(8) == 0);
  CHECK(shortcuts_wanted(9) == 4);
  CHECK(shortcuts_wanted(16) == 4);
  CHECK(shortcuts_wanted(17) == 5);
  CHECK(shortcuts_wanted(1000) == 10);
  CHECK(shortcuts_accepted(1000) == 20);
  SeededRng rng(6);
  unsigned short_ones = 0;
  for (int i = 0; i < 1000; ++i) {
    const double x = to_fraction(draw_shortcut_target(id_at(77), 1024, rng) - id_at(77));
    CHECK(x >= 1.0 / 1025);
    if (x < 1.0 / 32) ++short_ones;  // half of the draws, on a logarithmic scale
  }
  CHECK(short_ones > 400);
  CHECK(short_ones < 600);
}

TEST_CASE("missing shortcuts are drawn one at a time, with back-off when nothing new is found") {
  SeededRng rng(6);
  ShortcutLinks shortcuts;
  TimePoint now{};
  CHECK(shortcuts.take_draw(now, id_at(0), 16, rng));
  CHECK_FALSE(shortcuts.take_draw(now, id_at(0), 16, rng));
  shortcuts.handle_drawn(now, id_at(100), rng);
  CHECK(shortcuts.contains(id_at(100)));
  now = *shortcuts.deadline(16);
  CHECK(shortcuts.take_draw(now, id_at(0), 16, rng));
  shortcuts.handle_drawn(now, std::nullopt, rng);
  CHECK(*shortcuts.deadline(16) - now >= 800ms);
  for (std::uint8_t i = 1; shortcuts.size() < 4; ++i) {
    now = *shortcuts.deadline(16);
    REQUIRE(shortcuts.take_draw(now, id_at(0), 16, rng));
    shortcuts.handle_drawn(now, id_at(100, i), rng);
  }
  CHECK_FALSE(shortcuts.deadline(16));
}

TEST_CASE("when the ring doubles its shortcuts are drawn again, one by one") {
  SeededRng rng(6);
  ShortcutLinks shortcuts;
  TimePoint now{};
  std::uint8_t next = 1;
  const auto fill = [&](std::size_t n) {
    for (int i = 0; i < 50 && shortcuts.deadline(n); ++i) {
      now = std::max(now, *shortcuts.deadline(n));
      if (shortcuts.take_draw(now, id_at(0), n, rng)) shortcuts.handle_drawn(now, id_at(100, next++), rng);
    }
  };
  fill(16);
  CHECK(shortcuts.size() == 4);
  const auto start = now;
  fill(64);
  CHECK(shortcuts.size() == 6);
  for (std::uint8_t old = 1; old <= 4; ++old)
    CHECK_FALSE(shortcuts.contains(id_at(100, old)));
  CHECK(now - start >= 3 * ShortcutLinks::redraw_every);
}

TEST_CASE("an on-demand link is wanted until its idle time after the last touch") {
  OnDemandLinks wanted(450s);
  wanted.touch(TimePoint{}, id_at(1));
  wanted.touch(TimePoint{} + 100s, id_at(1));
  CHECK(wanted.is_wanted(TimePoint{} + 549s, id_at(1)));
  CHECK_FALSE(wanted.is_wanted(TimePoint{} + 550s, id_at(1)));
  CHECK(wanted.handle_timeout(*wanted.deadline()));
  CHECK(wanted.wanted().empty());
}

TEST_CASE("a peer that could not be reached is tried again after 5 s, doubling to 5 min") {
  SeededRng rng(2);
  RetryPace pace;
  TimePoint now{};
  Duration last{};
  for (int i = 0; i < 10; ++i) {
    pace.handle_failed(now, id_at(1), rng);
    CHECK_FALSE(pace.may_try(now, id_at(1)));
    last = *pace.deadline(now) - now;
    if (i == 0) CHECK(last <= 6s);
    now = *pace.deadline(now);
    CHECK(pace.may_try(now, id_at(1)));
  }
  CHECK(last >= 240s);
  pace.handle_failed(now, id_at(1), rng);
  pace.clear();
  CHECK(pace.may_try(now, id_at(1)));
}

TEST_CASE("the relay is the common neighbour with the shortest way, unless it is busy") {
  const std::vector<RelayCandidate> ours{{id_at(1), 10ms, 0}, {id_at(2), 30ms, 0}, {id_at(3), 5ms, 0}};
  const std::vector<RelayOffer> theirs{{id_at(1), 80}, {id_at(2), 20}, {id_at(9), 1}};
  CHECK(choose_relay(ours, theirs, {}) == id_at(2));
  CHECK(choose_relay(ours, theirs, {id_at(2)}) == id_at(1));
  CHECK_FALSE(choose_relay(ours, {{id_at(9), 1}}, {}));
  auto busy = ours;
  busy[1].load = 12;
  CHECK(choose_relay(busy, theirs, {}) == id_at(1));
}

TEST_CASE("questions are repeated with doubling pauses and then given up") {
  RequestReply requests;
  REQUIRE(requests.add(TimePoint{}, 5, {RequestReply::Purpose::shortcut, id_at(1), std::nullopt}));
  TimePoint now{};
  unsigned sent = 0;
  bool given_up = false;
  while (requests.deadline()) {
    now = *requests.deadline();
    for (const auto& due : requests.due(now))
      due.given_up ? given_up = true : ++sent != 0;
  }
  CHECK(sent == RequestReply::tries);
  CHECK(given_up);
  CHECK(now == TimePoint{} + 7500ms);
}

TEST_CASE("a question that was answered is not repeated, further answers still belong to it") {
  RequestReply requests;
  requests.add(TimePoint{}, 5, {RequestReply::Purpose::own_place, id_at(1), std::nullopt});
  CHECK(requests.due(TimePoint{}).size() == 1);
  CHECK_FALSE(requests.settle(TimePoint{}, 5));
  CHECK(requests.settle(TimePoint{}, 5));
  CHECK(requests.find(5) != nullptr);
  CHECK(requests.due(TimePoint{} + 10s).empty());
  CHECK(requests.find(5) == nullptr);
}

TEST_CASE("the journal keeps the last sixteen lines of a peer, and a bounded number of peers") {
  LinkJournal journal;
  for (int i = 0; i < 20; ++i)
    journal.add(TimePoint{} + i * 1s, id_at(1), "line " + std::to_string(i));
  CHECK(journal.entries(id_at(1)).size() == LinkJournal::max_entries);
  CHECK(journal.entries(id_at(1)).front().text == "line 4");
  journal.add(TimePoint{} + 60s, id_at(1), "line 19");
  CHECK(journal.entries(id_at(1)).back().when == TimePoint{} + 60s);
  CHECK(journal.entries(id_at(1)).size() == LinkJournal::max_entries);
  for (std::uint64_t i = 0; i < 2 * LinkJournal::max_peers; ++i)
    journal.add(TimePoint{} + 61s, id_of(i), "x");
  CHECK(journal.entries(id_at(1)).empty());
  CHECK(journal.entries(id_of(2 * LinkJournal::max_peers - 1)).size() == 1);
}
