#include <algorithm>

#include <doctest/doctest.h>

#include "dht/dht.hpp"
#include "dht/message.hpp"
#include "unit/dht/closed_group.hpp"

using namespace ipop;
using namespace ipop::dht;
using namespace ipop::dht::test;

namespace {

// `nodes` members in two parts, each with the half of them.
struct Halves {
  ClosedGroup closed;
  TestRing ring;

  Halves(std::size_t nodes, std::uint64_t seed) : ring(0, seed) {
    ring.membership = [this](std::size_t number) { return closed.membership_of(number); };
    for (std::size_t i = 0; i < nodes; ++i) {
      ring.add(i);
      ring.members[i].part = static_cast<int>(i % 2);
    }
    ring.update_rings();
  }
  void merge() {
    for (auto& member : ring.members)
      member.part = 0;
    ring.update_rings();
    ring.run_for(10s);
  }
  // The record straight to all replicas, as a put and as a handover.
  void press(const Record& record) {
    const NodeId first = position_of(name_space, record.kind, record.name);
    for (std::uint8_t position = 0; position < 8; ++position) {
      CHECK(ring.ask(StoreMode::put, record, position)->verdict != Verdict::granted);
      const NodeId place = place_of(first, position);
      Handover handover{.request = 4711, .ask = false, .reply = true, .records = {{PositionSet(255), record}}};
      auto& replica = ring.nearest(place);
      replica.dht->handle_message(ring.now, {ring.members[attacker].id, place, ring.members[attacker].id},
                                  encoded(handover));
    }
    ring.run_for(5s);
  }
  void check_holder(std::size_t owner) {
    for (const std::size_t reader : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{20}}) {
      const auto got = ring.get_and_wait(reader, RecordKind::lease, address(7));
      REQUIRE(got.outcome == Outcome::done);
      CHECK(got.records[0].owner == key_of(owner).public_key());
    }
  }
};

Record with_invented_witnesses(Record record, WallTime stored) {
  record.receipts.clear();
  for (std::size_t i = invented; i < invented + Record::max_receipts; ++i)
    record.receipts.push_back(make_receipt(record, name_space, stored, key_of(i)));
  return record;
}

Record renewed(Record record, std::size_t owner) {
  ++record.sequence;
  record.expires = record.expires + 60s;
  sign(record, name_space, key_of(owner));
  return record;
}

}  // namespace

TEST_CASE("a lease of a closed ring carries the certificates of a majority of users") {
  Halves halves(40, 1);
  halves.merge();
  const auto created = halves.ring.create_and_wait(honest, halves.closed.make_lease(7, honest));
  REQUIRE(created.outcome == Outcome::done);
  CHECK(voices(created.records[0], halves.closed.group()) == 5);
  CHECK(created.records[0].receipts.size() == max_certified_witnesses);
  halves.ring.run_for(5s);
  const auto got = halves.ring.get_and_wait(9, RecordKind::lease, address(7));
  REQUIRE(got.outcome == Outcome::done);
  CHECK(voices(got.records[0], halves.closed.group()) == 5);
}

TEST_CASE("S3: parts of a closed ring merge, and a member with invented witnesses does not take the lease") {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    CAPTURE(seed);
    Halves halves(50, seed);
    auto& ring = halves.ring;
    const auto lease = ring.create_and_wait(honest, halves.closed.make_lease(7, honest, 1, ring.wall()));
    REQUIRE(lease.outcome == Outcome::done);
    ring.run_for(60s);
    // In his own part the attacker is granted the address as anybody else; he claims to have had it long before.
    const auto squat = ring.create_and_wait(attacker, halves.closed.make_lease(7, attacker, 1, ring.wall()));
    REQUIRE(squat.outcome == Outcome::done);
    const Record forged = with_invented_witnesses(squat.records[0], epoch + -3600s);
    // None of those who granted the honest lease is there any more.
    for (auto& member : ring.members) {
      const auto& receipts = lease.records[0].receipts;
      const auto& key = key_of(member.number).public_key();
      if (member.number > 20 && std::ranges::find(receipts, key, &Receipt::replica) != receipts.end()) {
        ring.kill(member.number);
        ring.update_rings();
        ring.run_for(3s);
      }
    }
    halves.merge();
    halves.press(forged);
    halves.check_holder(honest);
    CHECK(ring.create_and_wait(honest, renewed(lease.records[0], honest)).outcome == Outcome::done);
    const auto again = ring.create_and_wait(attacker, renewed(forged, attacker));
    CHECK(again.outcome == Outcome::exists);
    halves.check_holder(honest);
  }
}

TEST_CASE("S3: in a closed ring a lease is not lost to a member who makes up witnesses, or is many members") {
  Halves halves(40, 5);
  for (std::size_t i = 100; i < 108; ++i)
    halves.closed.set_user(i, "user 1");
  halves.merge();
  auto& ring = halves.ring;
  const auto lease = ring.create_and_wait(honest, halves.closed.make_lease(7, honest));
  REQUIRE(lease.outcome == Outcome::done);
  ring.run_for(5s);
  const Record squat = halves.closed.make_lease(7, attacker);
  halves.press(with_invented_witnesses(squat, epoch + -3600s));
  halves.press(halves.closed.granted(squat, 100, 108, epoch + -3600s));
  halves.check_holder(honest);
}

TEST_CASE("S3: a replica that shows a lease of its own does not end another's renewal") {
  ClosedGroup closed;
  SeededRng rng(1);
  crypto::Basis basis;
  Dht dht({.self = closed.id_of(honest), .name_space = name_space, .certificate = closed.der_of(honest)},
          key_of(honest), basis, rng);
  basis.set_wall_time(TimePoint{}, epoch);
  basis.set_trust(closed.trust());
  const Record lease = closed.granted(closed.make_lease(7, honest), 10, 15);
  dht.create(TimePoint{}, renewed(lease, honest));
  const Record squat = with_invented_witnesses(closed.make_lease(7, attacker), epoch + -3600s);
  std::optional<Outcome> outcome;
  while (auto output = dht.poll_output()) {
    if (const auto* answer = std::get_if<Dht::Answer>(&*output)) outcome = answer->outcome;
    const auto* send = std::get_if<Dht::Send>(&*output);
    if (send == nullptr) continue;
    const auto message = decode_message(send->message);
    REQUIRE(message);
    const auto* request = std::get_if<StoreRequest>(&*message);
    REQUIRE(request != nullptr);
    StoreAnswer lie{.request = request->request, .position = request->position, .verdict = Verdict::exists};
    lie.held = squat;
    if (request->position == 0) {
      dht.handle_message(TimePoint{}, {closed.id_of(attacker), closed.id_of(honest), closed.id_of(attacker)},
                         encoded(lie));
      continue;
    }
    StoreAnswer truth{.request = request->request, .position = request->position, .verdict = Verdict::renewed};
    if (request->mode == StoreMode::create) {
      truth.receipt = closed.receipt_of(request->record, 20 + request->position, epoch);
    }
    dht.handle_message(TimePoint{}, {closed.id_of(20), closed.id_of(honest), closed.id_of(20)}, encoded(truth));
  }
  CHECK(outcome == Outcome::done);
}

TEST_CASE("a renewal in a closed ring replaces witnesses that are no members any more") {
  Halves halves(40, 6);
  halves.merge();
  auto& ring = halves.ring;
  const auto lease = ring.create_and_wait(honest, halves.closed.make_lease(7, honest));
  REQUIRE(lease.outcome == Outcome::done);
  std::vector<std::size_t> revoked;
  for (std::size_t i = 2; i < 40 && revoked.size() < 3; ++i) {
    const auto& receipts = lease.records[0].receipts;
    if (std::ranges::find(receipts, key_of(i).public_key(), &Receipt::replica) == receipts.end()) continue;
    halves.closed.revoke_key(i);
    ring.kill(i);
    revoked.push_back(i);
  }
  REQUIRE(revoked.size() == 3);
  for (auto& member : ring.members) {
    member.basis->set_trust(halves.closed.trust());
    member.dht->handle_trust_changed(ring.now);
  }
  ring.update_rings();
  ring.run_for(10s);
  CHECK(voices(lease.records[0], halves.closed.group()) == 2);
  const auto again = ring.create_and_wait(honest, renewed(lease.records[0], honest));
  REQUIRE(again.outcome == Outcome::done);
  CHECK(voices(again.records[0], halves.closed.group()) == 5);
}
