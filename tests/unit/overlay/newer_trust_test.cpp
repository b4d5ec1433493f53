#include <doctest/doctest.h>

#include "hand_peer.hpp"
#include "support/sim_authority.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

/// A closed group in which everybody is bob: the member 100 has links to 50 and 150, and both have told that they have
/// no list.
struct BobsGroup {
  BobsGroup() {
    for (HandPeer* peer : {&giver, &other})
      peer->say(ring.now, peer->opened.back(), ListNumber{0, false});
    ring.exchange();
    ring.run_for(1s);  // probes, which the paths have to carry first
    REQUIRE(ring.connection(giver));
    REQUIRE(ring.connection(other));
  }

  void give(HandPeer& peer, const Bytes& list) {
    peer.say(ring.now, peer.opened.back(), ListPiece{1, static_cast<std::uint32_t>(list.size()), 0, list});
  }
  Bytes list_without_bob() {
    Bytes out;
    encode(authority.revoke({}, {"bob"}), out);
    return out;
  }

  test_support::SimAuthority authority{7, WallTime{1'800'000'000}};
  HandRing ring{{},
                {authority.authority().certificate().fingerprint(), crypto::sha256(as_bytes("a key")), "bob"},
                authority.trust()};
  HandPeer& giver = ring.add_linked(50);
  HandPeer& other = ring.add_linked(150);
};

}  // namespace

TEST_CASE("S10: a list that a peer gives holds nowhere in the overlay until it is in the basis, and then everywhere") {
  BobsGroup group;
  group.ring.owner_waits = true;
  const Bytes list = group.list_without_bob();
  group.give(group.giver, list);
  group.ring.exchange();
  // Neither links nor what is told to others go by it yet.
  CHECK(group.ring.connection(group.giver));
  CHECK(group.ring.connection(group.other));
  CHECK(group.other.messages<ListPiece>().empty());
  for (const auto& told : group.other.messages<ListNumber>())
    CHECK(told.number == 0);

  group.ring.apply_newer();
  group.ring.exchange();
  CHECK_FALSE(group.ring.connection(group.giver));
  CHECK_FALSE(group.ring.connection(group.other));
  // Told before its link ended.
  const auto pieces = group.other.messages<ListPiece>();
  REQUIRE(pieces.size() == 1);
  CHECK(pieces[0].octets == list);
}

TEST_CASE("S10: a list that two peers give at once is put out once") {
  BobsGroup group;
  group.ring.owner_waits = true;
  const Bytes list = group.list_without_bob();
  group.give(group.giver, list);
  group.give(group.other, list);
  group.ring.exchange();
  CHECK(group.ring.overlay().counters().get("revocation_lists") == 1);
  CHECK(group.ring.overlay().counters().get("drop_list_refused") == 0);
}
