#include <numeric>

#include <doctest/doctest.h>

#include "overlay/candidates.hpp"
#include "overlay/carrier.hpp"
#include "overlay/hole_punch.hpp"
#include "overlay/link_journal.hpp"
#include "overlay/linker.hpp"
#include "overlay/liveness.hpp"
#include "overlay/nat_behavior.hpp"
#include "overlay/near_links.hpp"
#include "overlay/on_demand_links.hpp"
#include "overlay/relay.hpp"
#include "overlay/request_reply.hpp"
#include "overlay/shot_pace.hpp"
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
  linker.handle_candidates(now, {.always = {somewhere}}, false);
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
  linker.handle_candidates(now, {.always = {somewhere}}, true);
  CHECK(run_until_idle(linker, now).relays == std::vector{TimePoint{}});
}

TEST_CASE("what most likely leads nowhere gets the first shot only") {
  Linker linker(id_at(1), 7);
  linker.handle_candidates(TimePoint{}, {.always = {somewhere}, .once = {elsewhere}}, false);
  TimePoint now{};
  std::vector<std::size_t> packets;
  while (!linker.has_ended()) {
    while (const auto output = linker.poll_output()) {
      if (const auto* shoot = std::get_if<Linker::Shoot>(&*output)) packets.push_back(shoot->at.size());
    }
    REQUIRE(linker.poll_timeout());
    now = *linker.poll_timeout();
    linker.handle_timeout(now);
  }
  REQUIRE(packets.size() == HolePunch::shots);
  CHECK(packets.front() == 2);
  CHECK(std::accumulate(packets.begin(), packets.end(), std::size_t{0}) == HolePunch::shots + 1);
}

TEST_CASE("two NATs that give each destination another mapping can't be punched") {
  CHECK(can_not_punch(NatClass::address_dependent, NatClass::address_dependent));
  CHECK_FALSE(can_not_punch(NatClass::address_dependent, NatClass::endpoint_independent));
  CHECK_FALSE(can_not_punch(NatClass::unknown, NatClass::address_dependent));
}

TEST_CASE("new candidates start the rounds again, known ones do not") {
  Linker linker(id_at(1), 7);
  TimePoint now{};
  linker.handle_candidates(now, {.always = {somewhere}}, false);
  while (linker.poll_output()) {
  }
  now += 500ms;
  linker.handle_candidates(now, {.always = {somewhere}}, false);
  linker.handle_candidates(now, {.always = {somewhere, elsewhere}}, false);
  const LinkerRun run = run_until_idle(linker, now);
  CHECK(now == TimePoint{} + 500ms + 3s);
  CHECK(linker.targets().always.size() == 2);
  linker.drop_candidate(somewhere);
  CHECK(linker.targets().always == std::vector{elsewhere});
}

TEST_CASE("an idle path is probed after its keep-alive and dead six probes later") {
  SeededRng rng(1);
  Liveness liveness(TimePoint{}, 20s, rng);
  CHECK(liveness.deadline() >= TimePoint{} + 19s);
  CHECK(liveness.deadline() <= TimePoint{} + 21s);
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

TEST_CASE("a routed packet has a path probed that was silent for a while, and no other") {
  SeededRng rng(1);
  Liveness liveness(TimePoint{}, 15s, rng);
  const TimePoint idle = liveness.deadline();
  liveness.handle_routed(TimePoint{} + Liveness::routed_trusts / 2);
  CHECK(liveness.deadline() == idle);
  liveness.handle_routed(TimePoint{} + Liveness::routed_trusts);
  CHECK(liveness.deadline() == TimePoint{} + Liveness::routed_trusts + Liveness::active_silence);
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

TEST_CASE(
    "a path that nobody waits for is let be for longer and longer, and for the shortest time again when somebody "
    "does") {
  SeededRng rng(1);
  Liveness liveness(TimePoint{}, 20s, rng);
  liveness.set_patient(true);
  TimePoint now{};
  for (int i = 0; i < 20; ++i) {
    // In turn the peer is asked and asks.
    now = liveness.deadline();
    if (i % 2 == 0) REQUIRE(liveness.handle_timeout(now) == Liveness::Action::probe);
    liveness.handle_received(now, rng);
  }
  CHECK(liveness.deadline() - now > 60s);
  CHECK(liveness.deadline() - now < 70s);
  liveness.set_patient(false);
  CHECK(liveness.deadline() - now < 22s);
}

TEST_CASE(
    "a first ping that is lost after a long silence shortens the next, and so does a peer that speaks from elsewhere") {
  SeededRng rng(1);
  for (const bool moves : {false, true}) {
    CAPTURE(moves);
    Liveness liveness(TimePoint{}, 20s, rng);
    liveness.set_patient(true);
    TimePoint now{};
    for (int i = 0; i < 4; ++i) {
      now = liveness.deadline();
      if (i % 2 == 0) liveness.handle_timeout(now);
      liveness.handle_received(now, rng);
    }
    REQUIRE(liveness.deadline() - now > 30s);
    now = liveness.deadline();
    liveness.handle_timeout(now);
    if (moves) {
      liveness.handle_moved(now);
    } else {
      now = liveness.deadline();
      liveness.handle_timeout(now);
    }
    liveness.handle_received(now, rng);
    CHECK(liveness.deadline() - now < 28s);
  }
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
  linker.handle_candidates(now, {.always = {elsewhere}}, false);
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
  ShotPace pace;
  TimePoint now{};
  unsigned fired = 0;
  for (std::uint16_t i = 0; i < 1000; ++i)
    fired += pace.may_shoot(now + i * 10ms, endpoint(192, 0, 2, 1, i)) ? 1U : 0U;
  CHECK(fired <= ShotPace::shot_burst + 10 * 5);
  now += 1h;
  fired = 0;
  for (std::uint16_t i = 0; i < 4000; ++i) {
    const auto octet = static_cast<std::uint8_t>(i);
    fired += pace.may_shoot(now, endpoint(192, 0, static_cast<std::uint8_t>(i >> 8U), octet, 1)) ? 1U : 0U;
  }
  CHECK(fired == ShotPace::any_shot_burst);
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
    pace.handle_failed(now, id_at(1), RetryPace::pace, rng);
    CHECK_FALSE(pace.may_try(now, id_at(1)));
    last = *pace.deadline(now) - now;
    if (i == 0) CHECK(last <= 6s);
    now = *pace.deadline(now);
    CHECK(pace.may_try(now, id_at(1)));
  }
  CHECK(last >= 240s);
  pace.handle_failed(now, id_at(1), RetryPace::pace, rng);
  pace.clear();
  CHECK(pace.may_try(now, id_at(1)));
}

TEST_CASE("a direct path to a peer that is linked over a member is tried less and less often, up to an hour") {
  SeededRng rng(2);
  RetryPace pace;
  TimePoint now{};
  unsigned within_a_day = 0;
  for (; now < TimePoint{} + 24h; ++within_a_day) {
    pace.handle_failed(now, id_at(1), RetryPace::linked, rng);
    const Duration next = *pace.deadline(now) - now;
    if (within_a_day == 0) CHECK(next <= 6s);
    CHECK(next <= 72min);
    now += next;
  }
  CHECK(within_a_day >= 20);
  CHECK(within_a_day <= 33);
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
  REQUIRE(requests.add(TimePoint{}, 5, {RequestReply::Purpose::shortcut, id_at(1), {}, std::nullopt}));
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
  CHECK(now == TimePoint{} + 15s);
}

TEST_CASE("S24: of the answers to one question eight are heard, whoever they are of") {
  RequestReply requests;
  REQUIRE(requests.add(TimePoint{}, 5, {RequestReply::Purpose::own_place, id_at(1), {}, std::nullopt}));
  REQUIRE(requests.due(TimePoint{}).size() == 1);
  CHECK_FALSE(requests.take_answer(6));
  for (unsigned i = 0; i < RequestReply::max_answers; ++i) {
    CHECK(requests.take_answer(5));
    static_cast<void>(requests.note_answer(TimePoint{}, 5));
  }
  CHECK_FALSE(requests.take_answer(5));
}

TEST_CASE("a question that was answered is not repeated, further answers still belong to it") {
  RequestReply requests;
  requests.add(TimePoint{}, 5, {RequestReply::Purpose::own_place, id_at(1), {}, std::nullopt});
  CHECK(requests.due(TimePoint{}).size() == 1);
  CHECK_FALSE(requests.note_answer(TimePoint{}, 5));
  CHECK(requests.note_answer(TimePoint{}, 5));
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
