#include "overlay/membership.hpp"

#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "link_maker.hpp"
#include "support/sim_authority.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

constexpr crypto::ChannelId asked_over{5};

/// A member of a closed group with links to 1 and 2; lists are signed by the group's authority.
struct ClosedGroup {
  ClosedGroup() {
    hold(authority.trust());
    for (const std::uint8_t peer : std::vector<std::uint8_t>{1, 2})
      member.handle_linked(now, id_at(peer));
    drained(member);
  }

  /// The owner has this in the basis from here on.
  std::vector<Membership::Output> hold(std::shared_ptr<const crypto::TrustStore> trust) {
    basis.set_trust(std::move(trust));
    member.handle_trust_changed(now);
    return drained(member);
  }
  Bytes next_list() {
    Bytes out;
    encode(authority.revoke({}, {"user " + std::to_string(++revoked)}), out);
    return out;
  }
  /// `peer` says that it has list `number`, and gives these octets as it.
  std::vector<Membership::Output> give(std::uint8_t peer, std::uint64_t number, const Bytes& list) {
    member.handle_message(now, id_at(peer), asked_over, ListNumber{number, false});
    member.handle_message(now, id_at(peer), asked_over,
                          ListPiece{number, static_cast<std::uint32_t>(list.size()), 0, list});
    return drained(member);
  }

  TimePoint now{1h};
  unsigned revoked = 0;
  test_support::SimAuthority authority{7, WallTime{1'800'000'000}};
  crypto::Basis basis;
  Membership member{basis};
};

}  // namespace

TEST_CASE("in an open group everybody is level, nobody is asked, and lists are dropped") {
  const crypto::Basis basis;
  Membership member(basis);
  CHECK(member.is_open());
  CHECK(member.is_level(id_at(1)));
  member.handle_linked(TimePoint{}, id_at(1));
  member.handle_message(TimePoint{}, id_at(1), asked_over, ListNumber{3, true});
  member.handle_message(TimePoint{}, id_at(1), asked_over, ListPiece{3, 1, 0, Bytes(1)});
  CHECK(drained(member).empty());
  CHECK(member.counters().get("drop_list_in_open_group") == 2);
  CHECK_FALSE(member.poll_timeout());
}

TEST_CASE("a new link is told our number, and its peer is level once it told one that is no newer") {
  ClosedGroup group;
  CHECK_FALSE(group.member.is_open());
  group.member.handle_linked(group.now, id_at(3));
  const auto told = those<Membership::Tell>(drained(group.member));
  REQUIRE(told.size() == 1);
  CHECK(told[0].peer == id_at(3));
  CHECK_FALSE(told[0].channel);
  CHECK(std::holds_alternative<ListNumber>(told[0].message));
  CHECK_FALSE(group.member.is_level(id_at(3)));
  group.member.handle_message(group.now, id_at(3), asked_over, ListNumber{0, true});
  CHECK(group.member.is_level(id_at(3)));
  // Who asks is answered over the path on which he does: he may be another instance than the one in use.
  const auto answer = those<Membership::Tell>(drained(group.member));
  REQUIRE(answer.size() == 1);
  CHECK(answer[0].channel == asked_over);
}

TEST_CASE("a newer list is fetched and put out, and is told and makes level once the basis has it") {
  ClosedGroup group;
  group.member.handle_message(group.now, id_at(2), asked_over, ListNumber{0, false});
  const Bytes list = group.next_list();
  const auto newer = those<Membership::Newer>(group.give(1, 1, list));
  REQUIRE(newer.size() == 1);
  CHECK(newer[0].trust->revocation_number() == 1);
  CHECK_FALSE(group.member.is_level(id_at(1)));
  bool passed_on = false;
  for (const auto& tell : those<Membership::Tell>(group.hold(newer[0].trust))) {
    const auto* piece = std::get_if<ListPiece>(&tell.message);
    if (tell.peer == id_at(2) && piece != nullptr && piece->octets == list) passed_on = true;
  }
  CHECK(passed_on);
  CHECK(group.member.is_level(id_at(1)));
  CHECK(group.member.counters().get("revocation_lists") == 1);
}

TEST_CASE("S10: a list that does not count changes nothing, and who gives it is unfit") {
  ClosedGroup group;
  test_support::SimAuthority other(8, WallTime{1'800'000'000});
  Bytes foreign;
  encode(other.revoke({}, {"bob"}), foreign);
  Bytes damaged = group.next_list();
  damaged.back() ^= std::byte{1};
  std::uint8_t peer = 1;
  for (const Bytes& list : {foreign, damaged, Bytes(20)}) {
    group.member.handle_linked(group.now, id_at(peer));
    drained(group.member);
    const auto outputs = group.give(peer, 1, list);
    CHECK(those<Membership::Newer>(outputs).empty());
    const auto unfit = those<Membership::Unfit>(outputs);
    REQUIRE(unfit.size() == 1);
    CHECK(unfit[0].peer == id_at(peer));
    CHECK_FALSE(unfit[0].detail.empty());
    CHECK(group.member.counters().get("drop_list_refused") == peer);
    // A signature is checked once, however often the same list comes.
    CHECK(those<Membership::Unfit>(group.give(peer, 1, list)).empty());
    CHECK(group.member.counters().get("drop_list_refused") == peer);
    ++peer;
  }
}

TEST_CASE(
    "S10: a list that is given again while it waits for its owner is put out once, an older one later is refused") {
  ClosedGroup group;
  const Bytes first = group.next_list();
  const Bytes second = group.next_list();
  const auto newer = those<Membership::Newer>(group.give(1, 2, second));
  REQUIRE(newer.size() == 1);
  CHECK(those<Membership::Newer>(group.give(2, 2, second)).empty());
  group.hold(newer[0].trust);
  // Under a number that it has not.
  CHECK(those<Membership::Unfit>(group.give(2, 3, first)).size() == 1);
}

TEST_CASE("a list that was put out and that the owner passed over counts again once the owner says what holds") {
  ClosedGroup group;
  const Bytes first = group.next_list();
  const Bytes second = group.next_list();
  REQUIRE(those<Membership::Newer>(group.give(1, 2, second)).size() == 1);
  // It holds what it held.
  group.hold(group.basis.trust());
  CHECK(those<Membership::Newer>(group.give(2, 2, second)).size() == 1);
}

TEST_CASE("S10: who tells no number is unfit after some seconds, once, and not who told one or left") {
  ClosedGroup group;
  group.member.handle_linked(group.now, id_at(3));
  group.member.handle_message(group.now, id_at(2), asked_over, ListNumber{0, false});
  group.member.handle_lost(id_at(3));
  drained(group.member);
  std::vector<std::pair<Duration, NodeId>> unfit;
  const TimePoint begin = group.now;
  for (int i = 0; i < 50; ++i) {
    const auto next = group.member.poll_timeout();
    if (!next) break;
    group.now = *next;
    group.member.handle_timeout(group.now);
    for (const auto& one : those<Membership::Unfit>(drained(group.member)))
      unfit.emplace_back(group.now - begin, one.peer);
  }
  CHECK(unfit == std::vector{std::pair<Duration, NodeId>(RevocationSpread::number_within, id_at(1))});
  CHECK(group.member.counters().get("links_not_admitted") == 1);
}
