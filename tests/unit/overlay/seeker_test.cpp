#include "overlay/seeker.hpp"

#include <doctest/doctest.h>

#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

const NodeId nobody{};
const Standing up_and_sound{.is_linked = true, .has_path = true, .is_up = true, .is_sound = true};
const PunchSide open_side{};

template <class T>
struct At {
  TimePoint when{};
  T output{};
};

/// All outputs until nothing is left to do or `until` is over.
std::vector<At<Seeker::Output>> run(Seeker& seeker, TimePoint& now, TimePoint until) {
  std::vector<At<Seeker::Output>> out;
  while (true) {
    while (auto output = seeker.poll_output())
      out.push_back({now, *output});
    const auto next = seeker.poll_timeout();
    if (!next || *next > until) return out;
    now = *next;
    seeker.handle_timeout(now);
  }
}

template <class T>
std::vector<At<T>> only(const std::vector<At<Seeker::Output>>& outputs) {
  std::vector<At<T>> out;
  for (const auto& [when, output] : outputs) {
    if (const T* value = std::get_if<T>(&output)) out.push_back({when, *value});
  }
  return out;
}

Reach reach_at(std::uint8_t number, std::vector<RelayOffer> relays = {}) {
  return {.candidates = {endpoint(192, 0, 2, number, 4000)}, .relays = std::move(relays)};
}

}  // namespace

TEST_CASE("a peer that does not answer is asked four times, by turns over who named it, and given up") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  CHECK(seeker.seek(now, id_of(1), only(Role::near), id_of(9), {}));
  const auto outputs = run(seeker, now, TimePoint{} + 1h);
  const auto asks = only<Seeker::Ask>(outputs);
  REQUIRE(asks.size() == 4);
  CHECK(asks[0].output.first_hop == id_of(9));
  CHECK_FALSE(asks[1].output.first_hop);
  CHECK(asks[2].output.roles == only(Role::near));
  CHECK(asks[3].when == TimePoint{} + 3500ms);
  const auto failed = only<Seeker::Failed>(outputs);
  REQUIRE(failed.size() == 1);
  CHECK_FALSE(failed[0].output.answered);
  CHECK(failed[0].when == TimePoint{} + 7500ms);
  CHECK_FALSE(seeker.is_seeking(id_of(1)));
}

TEST_CASE("a peer that was asked three times is unheard until it answers") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  seeker.seek(now, id_of(1), only(Role::near), nobody, {});
  const auto asks = only<Seeker::Ask>(run(seeker, now, now + 1s));
  REQUIRE(asks.size() == 2);
  CHECK(seeker.is_asked(id_of(1), asks[0].output.token));
  CHECK_FALSE(seeker.is_asked(id_of(2), asks[0].output.token));
  CHECK_FALSE(seeker.is_unheard(id_of(1)));
  run(seeker, now, now + 1s);
  CHECK(seeker.is_unheard(id_of(1)));
  seeker.handle_reach(now, id_of(1), reach_at(1));
  seeker.give_candidates(now, id_of(1), open_side, {});
  CHECK_FALSE(seeker.is_unheard(id_of(1)));
}

TEST_CASE("a peer that says where it is gets packets there, and a relay is wanted after the first round") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  CHECK(seeker.seek(now, id_of(1), only(Role::near), id_of(1), {}));
  CHECK(run(seeker, now, now + 1s).empty());  // it spoke itself: nobody is asked
  seeker.handle_reach(now, id_of(1), reach_at(1));
  seeker.give_candidates(now, id_of(1), open_side, {});
  const auto outputs = run(seeker, now, TimePoint{} + 1h);
  CHECK(only<Seeker::Began>(outputs).size() == 1);
  const auto shots = only<Seeker::Shoot>(outputs);
  CHECK(shots.size() == HolePunch::shots);
  CHECK(shots.front().output.at == std::vector{endpoint(192, 0, 2, 1, 4000)});
  const auto relays = only<Seeker::WantRelay>(outputs);
  REQUIRE(relays.size() == 1);
  CHECK(relays[0].when == TimePoint{} + 1s);
  REQUIRE(only<Seeker::Failed>(outputs).size() == 1);
  CHECK(only<Seeker::Failed>(outputs)[0].output.answered);
}

TEST_CASE("a pair that is linked over a member fires the first round to its end and no more") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  for (const unsigned peer : {1U, 2U}) {
    seeker.handle_reach(now, id_of(peer), reach_at(1));
    seeker.seek(now, id_of(peer), only(Role::near), id_of(peer), {});
  }
  seeker.give_candidates(now, id_of(1), open_side, {});
  std::size_t shots = only<Seeker::Shoot>(run(seeker, now, now + 500ms)).size();
  CHECK(shots == 3);
  seeker.handle_relayed(id_of(1));
  const auto outputs = run(seeker, now, now + 10s);
  shots += only<Seeker::Shoot>(outputs).size();
  CHECK(shots == HolePunch::shots_per_round);
  CHECK(only<Seeker::Failed>(outputs).size() == 1);
  seeker.give_candidates(now, id_of(2), open_side, up_and_sound);
  CHECK(only<Seeker::Shoot>(run(seeker, now, now + 10s)).size() == HolePunch::shots_per_round);
}

TEST_CASE("an attempt ends with a direct path, with a refusal, and where somebody else answers it goes on elsewhere") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  for (const unsigned peer : {1U, 2U, 3U}) {
    seeker.seek(now, id_of(peer), only(Role::near), id_of(peer), {});
    seeker.handle_reach(now, id_of(peer), reach_at(static_cast<std::uint8_t>(peer)));
    seeker.give_candidates(now, id_of(peer), open_side, {});
  }
  run(seeker, now, now);
  seeker.handle_direct(id_of(1));
  CHECK_FALSE(seeker.is_seeking(id_of(1)));
  seeker.handle_refusal(now, id_of(2));
  REQUIRE(only<Seeker::Failed>(run(seeker, now, now)).size() == 1);
  CHECK_FALSE(seeker.is_seeking(id_of(2)));
  seeker.drop_candidate(id_of(3), endpoint(192, 0, 2, 3, 4000));
  for (const auto& shot : only<Seeker::Shoot>(run(seeker, now, now + 10s)))
    CHECK(shot.output.at.empty());
}

TEST_CASE("the member with the shortest way is tried as relay, and those that failed are not") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  seeker.handle_reach(now, id_of(1), reach_at(1, {{id_of(7), 10}, {id_of(8), 50}}));
  const std::vector<RelayCandidate> ours{{id_of(7), 10ms}, {id_of(8), 10ms}};
  seeker.choose_relay(now, id_of(1), {}, ours);
  auto opened = only<Seeker::OpenRelayed>(run(seeker, now, now));
  REQUIRE(opened.size() == 1);
  CHECK(opened[0].output.relay == id_of(7));
  seeker.handle_relay_failed(now, id_of(1), id_of(7));
  seeker.choose_relay(now, id_of(1), {}, ours);
  opened = only<Seeker::OpenRelayed>(run(seeker, now, now));
  REQUIRE(opened.size() == 1);
  CHECK(opened[0].output.relay == id_of(8));
  seeker.choose_relay(now, id_of(1), up_and_sound, ours);
  CHECK(run(seeker, now, now).empty());
}

TEST_CASE("who has no member in common waits for one, twenty seconds; helpers are wanted by who wants the link") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  seeker.handle_reach(now, id_of(1), reach_at(1, {{id_of(7), 10}}));
  seeker.handle_reach(now, id_of(2), reach_at(2, {{id_of(8), 10}}));
  seeker.seek(now, id_of(2), only(Role::near), id_of(2), {});
  seeker.choose_relay(now, id_of(1), {}, {});
  CHECK(only<Seeker::WantMember>(run(seeker, now, now)).empty());  // it only asked us
  seeker.choose_relay(now, id_of(2), {}, {});
  REQUIRE(only<Seeker::WantMember>(run(seeker, now, now)).size() == 1);
  CHECK(seeker.waiting_for_relay(now).size() == 2);
  CHECK(seeker.next_look(now) == now + Seeker::relay_wait);
  now += Seeker::relay_wait;
  CHECK(seeker.waiting_for_relay(now).empty());
}

TEST_CASE("who waits for a member in common asks for helpers anew when the peer names others") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  seeker.handle_reach(now, id_of(2), reach_at(2, {{id_of(8), 10}}));
  seeker.seek(now, id_of(2), only(Role::near), id_of(2), {});
  seeker.choose_relay(now, id_of(2), {}, {});
  REQUIRE(only<Seeker::WantMember>(run(seeker, now, now)).size() == 1);
  seeker.choose_relay(now, id_of(2), {}, {});
  CHECK(only<Seeker::WantMember>(run(seeker, now, now)).empty());
  seeker.handle_reach(now, id_of(2), reach_at(2, {{id_of(9), 10}}));
  seeker.choose_relay(now, id_of(2), {}, {});
  const auto wanted = only<Seeker::WantMember>(run(seeker, now, now));
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].output.offers == std::vector{RelayOffer{id_of(9), 10}});
}

TEST_CASE("what is put off for a peer that has a link is not for one that has none any more") {
  SeededRng rng(1);
  Seeker seeker(rng);
  const TimePoint now{};
  for (int i = 0; i < 4; ++i)
    seeker.set_back(now, id_of(1), RetryPace::linked);
  seeker.set_back(now, id_of(2));
  REQUIRE_FALSE(seeker.may_try(now + 10min, id_of(1)));
  seeker.handle_unlinked(id_of(1));
  seeker.handle_unlinked(id_of(2));
  CHECK(seeker.may_try(now, id_of(1)));
  // Whom no link was got to is left alone all the same.
  CHECK_FALSE(seeker.may_try(now, id_of(2)));
}

TEST_CASE("those who wait for a relay have a bound") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  for (unsigned i = 1; i <= Seeker::max_waiting + 5; ++i) {
    seeker.handle_reach(now, id_of(i), reach_at(1));
    seeker.choose_relay(now, id_of(i), {}, {});
  }
  CHECK(seeker.waiting_for_relay(now).size() == Seeker::max_waiting);
  CHECK(seeker.counters().get("relay_waits_refused") == 5);
}

TEST_CASE("requests of one link start so many attempts, those of all leave room for our own") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  unsigned peer = 1000;
  for (unsigned i = 0; i < Seeker::foreign_seeks_a_hop; ++i)
    CHECK(seeker.follow(now, id_of(++peer), id_of(1)));
  CHECK_FALSE(seeker.follow(now, id_of(++peer), id_of(1)));
  std::size_t all = Seeker::foreign_seeks_a_hop;
  for (unsigned hop = 2; hop < 20; ++hop) {
    for (unsigned i = 0; i < Seeker::foreign_seeks_a_hop; ++i)
      all += seeker.follow(now, id_of(++peer), id_of(hop)) ? 1U : 0U;
  }
  CHECK(all == Seeker::max_foreign_seeks);
  for (; all < Seeker::max_seeks; ++all)
    CHECK(seeker.seek(now, id_of(++peer), only(Role::near), nobody, {}));
  CHECK_FALSE(seeker.seek(now, id_of(++peer), only(Role::near), nobody, {}));
}

TEST_CASE("who is asked to link fires three shots, and a link that is on trial is not sought again") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  CHECK(seeker.follow(now, id_of(1), id_of(2)));
  seeker.handle_reach(now, id_of(1), reach_at(1));
  seeker.give_candidates(now, id_of(1), open_side, {});
  CHECK(only<Seeker::Shoot>(run(seeker, now, now + 10s)).size() == HolePunch::shots_asked);
  CHECK_FALSE(seeker.seek(now, id_of(5), only(Role::near), nobody, {.is_linked = true, .has_path = true}));
  CHECK(seeker.seek(now, id_of(5), only(Role::near), nobody, {.is_linked = true}));
}

TEST_CASE("two symmetric NATs want a relay at once, as does a link that is up and not sound") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  const PunchSide symmetric{.nat = NatClass::address_dependent};
  Reach reach = reach_at(1);
  reach.nat = NatClass::address_dependent;
  for (const unsigned peer : {1U, 2U, 3U}) {
    seeker.handle_reach(now, id_of(peer), reach);
    seeker.seek(now, id_of(peer), only(Role::near), id_of(peer), {});
  }
  seeker.give_candidates(now, id_of(1), symmetric, {});
  CHECK(only<Seeker::WantRelay>(run(seeker, now, now)).size() == 1);
  seeker.give_candidates(now, id_of(2), open_side, {});
  CHECK(only<Seeker::WantRelay>(run(seeker, now, now)).empty());
  seeker.give_candidates(now, id_of(3), open_side, {.is_linked = true, .has_path = true, .is_up = true});
  CHECK(only<Seeker::WantRelay>(run(seeker, now, now)).size() == 1);
}

TEST_CASE("behind one NAT that gives each destination another mapping one shot is fired: the other's filter decides") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  const PunchSide symmetric{.nat = NatClass::address_dependent};
  const PunchSide cone{.nat = NatClass::endpoint_independent};
  Reach reach = reach_at(1);
  for (const bool ours : {true, false}) {
    reach.nat = ours ? NatClass::endpoint_independent : NatClass::address_dependent;
    const NodeId peer = id_of(ours ? 1 : 2);
    seeker.handle_reach(now, peer, reach);
    seeker.seek(now, peer, only(Role::near), peer, {});
    seeker.give_candidates(now, peer, ours ? symmetric : cone, {});
    const auto outputs = run(seeker, now, now + 10s);
    CHECK(only<Seeker::Shoot>(outputs).size() == HolePunch::shots_decided);
    // The member between is wanted no later than of any other pair.
    CHECK(only<Seeker::WantRelay>(outputs).size() == 1);
    CHECK(only<Seeker::Failed>(outputs).size() == 1);
  }
}

TEST_CASE("who can be reached from outside lets the peer that asked begin, and fires when it does not come") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  const PunchSide reached{.nat = NatClass::endpoint_independent, .observed = {}, .is_open = true};
  for (const unsigned peer : {1U, 2U}) {
    seeker.handle_reach(now, id_of(peer), reach_at(static_cast<std::uint8_t>(peer)));
  }
  CHECK(seeker.follow(now, id_of(1), id_of(9)));
  seeker.give_candidates(now, id_of(1), reached, {});
  CHECK(only<Seeker::Shoot>(run(seeker, now, now)).empty());
  const TimePoint asked = now;
  const auto shots = only<Seeker::Shoot>(run(seeker, now, now + 10s));
  REQUIRE(shots.size() == HolePunch::shots_asked);
  CHECK(shots.front().when == asked + Linker::peer_begins_within);
  // Who wants the link himself does not wait for who may not know yet.
  seeker.seek(now, id_of(2), only(Role::near), id_of(2), {});
  seeker.give_candidates(now, id_of(2), reached, {});
  CHECK(only<Seeker::Shoot>(run(seeker, now, now)).size() == 1);
}

TEST_CASE("who failed is tried again later, at once when this node is elsewhere; where peers are is not forgotten") {
  SeededRng rng(1);
  Seeker seeker(rng);
  TimePoint now{};
  seeker.handle_reach(now, id_of(1), reach_at(1));
  seeker.set_back(now, id_of(1));
  CHECK_FALSE(seeker.may_try(now, id_of(1)));
  REQUIRE(seeker.next_look(now));
  CHECK(seeker.may_try(*seeker.next_look(now), id_of(1)));
  seeker.handle_moved();
  CHECK(seeker.may_try(now, id_of(1)));
  seeker.set_back(now, id_of(1));
  seeker.seek(now, id_of(2), only(Role::near), nobody, {});
  seeker.begin_anew();
  CHECK(seeker.may_try(now, id_of(1)));
  CHECK_FALSE(seeker.is_seeking(id_of(2)));
  CHECK(seeker.reach(now, id_of(1)) != nullptr);
  CHECK(seeker.reach(now + Seeker::reach_lives, id_of(1)) == nullptr);
}
