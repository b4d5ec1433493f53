#include "dht/dht.hpp"

#include <map>

#include <doctest/doctest.h>

#include "dht/ring_view.hpp"
#include "dht/witness.hpp"
#include "unit/dht/ring_harness.hpp"

using namespace ipop;
using namespace ipop::dht;
using namespace ipop::dht::test;

namespace {

Record renewed(Record record, const crypto::PrivateKey& key, std::chrono::seconds longer) {
  ++record.sequence;
  record.expires = record.expires + longer;
  sign(record, name_space, key);
  return record;
}

Record released(Record record, const crypto::PrivateKey& key) {
  ++record.sequence;
  record.value.clear();
  record.receipts.clear();
  sign(record, name_space, key);
  return record;
}

}  // namespace

TEST_CASE("a node that is alone is its only replica") {
  TestRing ring(1, 1);
  const auto created = ring.create_and_wait(0, make_lease(1, key_of(0)));
  CHECK(created.outcome == Outcome::done);
  const auto got = ring.get_and_wait(0, RecordKind::lease, address(1));
  CHECK(got.outcome == Outcome::done);
  CHECK(ring.get_and_wait(0, RecordKind::lease, address(2)).outcome == Outcome::not_found);
}

TEST_CASE("what one node creates every other gets, in rings of any size") {
  for (const std::size_t size : {2U, 3U, 5U, 12U, 40U}) {
    CAPTURE(size);
    TestRing ring(size, size);
    const Record lease = make_lease(1, key_of(0));
    const auto created = ring.create_and_wait(0, lease);
    REQUIRE(created.outcome == Outcome::done);
    REQUIRE(created.records.size() == 1);
    CHECK(same_content(created.records[0], lease));
    for (const std::size_t reader : {std::size_t{0}, size / 2, size - 1}) {
      const auto got = ring.get_and_wait(reader, RecordKind::lease, address(1));
      REQUIRE(got.outcome == Outcome::done);
      CHECK(same_content(got.records[0], lease));
      CHECK(check(got.records[0], name_space));
    }
    CHECK(ring.create_and_wait(size - 1, make_lease(1, key_of(size - 1))).outcome == Outcome::exists);
  }
}

TEST_CASE("a granted lease carries the receipts of a majority of replicas") {
  TestRing ring(40, 3);
  const auto created = ring.create_and_wait(0, make_lease(1, key_of(0)));
  REQUIRE(created.outcome == Outcome::done);
  CHECK(ring.members[0].dht->replicas() == 8);
  CHECK(granted_at(created.records[0], {name_space}, 8).has_value());
  ring.run_for(5s);
  const auto got = ring.get_and_wait(9, RecordKind::lease, address(1));
  REQUIRE(got.outcome == Outcome::done);
  CHECK(granted_at(got.records[0], {name_space}, 8) == granted_at(created.records[0], {name_space}, 8));
}

TEST_CASE("values of several owners live under one key, each replaced by its owner only") {
  TestRing ring(20, 4);
  const auto value = [](std::size_t owner, std::uint64_t sequence, std::string_view content) {
    return make_record(RecordKind::value, text("manager"), content, key_of(owner), sequence);
  };
  CHECK(ring.put_and_wait(0, value(0, 1, "zero")).outcome == Outcome::done);
  CHECK(ring.put_and_wait(1, value(1, 1, "one")).outcome == Outcome::done);
  CHECK(ring.put_and_wait(0, value(0, 2, "null")).outcome == Outcome::done);
  const auto got = ring.get_and_wait(7, RecordKind::value, text("manager"));
  REQUIRE(got.records.size() == 2);
  std::vector<std::string> contents;
  for (const Record& record : got.records)
    contents.emplace_back(as_text(record.value));
  std::ranges::sort(contents);
  CHECK(contents == std::vector<std::string>{"null", "one"});
  CHECK(ring.create_and_wait(2, value(2, 1, "two")).outcome == Outcome::exists);
  CHECK(ring.put_and_wait(0, value(0, 2, "again")).outcome == Outcome::refused);
}

TEST_CASE("many large values under one key come in several parts") {
  TestRing ring(20, 5);
  for (std::size_t i = 0; i < 6; ++i) {
    const auto record = make_record(RecordKind::value, text("flock"), std::string(700, 'x'), key_of(i));
    REQUIRE(ring.put_and_wait(i, record).outcome == Outcome::done);
  }
  CHECK(ring.get_and_wait(11, RecordKind::value, text("flock")).records.size() == 6);
}

TEST_CASE("requests that no replica would take are refused at once") {
  TestRing ring(1, 6);
  Record large = make_record(RecordKind::value, text("k"), "", key_of(0));
  large.value.assign(1025, std::byte{1});
  sign(large, name_space, key_of(0));
  CHECK(ring.put_and_wait(0, large).outcome == Outcome::refused);
  Record foreign = make_lease(1, key_of(0));
  sign(foreign, text("another group"), key_of(0));
  CHECK(ring.create_and_wait(0, foreign).outcome == Outcome::refused);
  CHECK(ring.get_and_wait(0, RecordKind::value, {}).outcome == Outcome::refused);
}

TEST_CASE("create, put and get succeed with a fifth of all messages lost") {
  TestRing ring(30, 7);
  ring.loss = 0.2;
  for (std::size_t i = 0; i < 8; ++i) {
    const auto last = static_cast<std::uint8_t>(i);
    CHECK(ring.create_and_wait(i, make_lease(last, key_of(i))).outcome == Outcome::done);
    CHECK(ring.get_and_wait(29 - i, RecordKind::lease, address(last)).outcome == Outcome::done);
  }
}

TEST_CASE("of ten nodes that claim one address at once at most one gets it, in 200 races") {
  unsigned won = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    const std::size_t size = 10 + seed % 15;
    TestRing ring(size, seed);
    ring.loss = seed % 4 == 0 ? 0.1 : 0;
    std::vector<OperationId> operations;
    for (std::size_t i = 0; i < 10; ++i)
      operations.push_back(ring.create(i, make_lease(1, key_of(i))));
    unsigned winners = 0;
    std::optional<crypto::PublicKey> winner;
    for (std::size_t i = 0; i < 10; ++i) {
      const auto answer = ring.await(i, operations[i]);
      if (answer.outcome == Outcome::done) {
        ++winners;
        winner = key_of(i).public_key();
      } else {
        const bool lost = answer.outcome == Outcome::exists || answer.outcome == Outcome::no_majority;
        CHECK(lost);
      }
    }
    CHECK(winners <= 1);
    won += winners;
    const auto got = ring.get_and_wait(size - 1, RecordKind::lease, address(1));
    if (winner) {
      REQUIRE(got.outcome == Outcome::done);
      CHECK(got.records[0].owner == *winner);
    } else {
      CHECK(got.outcome == Outcome::not_found);
    }
  }
  // Contenders give way to the one with the smallest node id, so hardly a race is without winner.
  CHECK(won >= 190);
}

TEST_CASE("after a race without a winner the address can be claimed at once") {
  TestRing ring(20, 8);
  std::vector<OperationId> operations;
  for (std::size_t i = 0; i < 10; ++i)
    operations.push_back(ring.create(i, make_lease(1, key_of(i))));
  std::size_t winners = 0;
  for (std::size_t i = 0; i < 10; ++i)
    winners += ring.await(i, operations[i]).outcome == Outcome::done ? 1U : 0U;
  ring.run_for(5s);
  const auto again = ring.create_and_wait(15, make_lease(1, key_of(15)));
  CHECK(again.outcome == (winners == 1 ? Outcome::exists : Outcome::done));
}

TEST_CASE("a lease is renewed by its owner and keeps the receipts that granted it") {
  TestRing ring(25, 9);
  const auto first = ring.create_and_wait(0, make_lease(1, key_of(0)));
  REQUIRE(first.outcome == Outcome::done);
  ring.run_for(std::chrono::hours(10));
  const auto second = ring.create_and_wait(0, renewed(first.records[0], key_of(0), std::chrono::hours(10)));
  REQUIRE(second.outcome == Outcome::done);
  CHECK(granted_at(second.records[0], {name_space}, 8) == granted_at(first.records[0], {name_space}, 8));
  ring.run_for(std::chrono::hours(15));
  CHECK(ring.get_and_wait(5, RecordKind::lease, address(1)).outcome == Outcome::done);
  ring.run_for(std::chrono::hours(6));
  CHECK(ring.get_and_wait(5, RecordKind::lease, address(1)).outcome == Outcome::not_found);
  for (const auto& member : ring.members)
    CHECK(member.dht->stored_records() == 0);
}

TEST_CASE("an owner that lost its receipts renews all the same") {
  TestRing ring(25, 10);
  REQUIRE(ring.create_and_wait(0, make_lease(1, key_of(0))).outcome == Outcome::done);
  ring.run_for(3600s);
  CHECK(ring.create_and_wait(0, make_lease(1, key_of(0), 2, ring.wall())).outcome == Outcome::done);
}

TEST_CASE("a released lease is free at once") {
  TestRing ring(25, 11);
  const auto first = ring.create_and_wait(0, make_lease(1, key_of(0)));
  REQUIRE(first.outcome == Outcome::done);
  CHECK(ring.create_and_wait(0, released(first.records[0], key_of(0))).outcome == Outcome::done);
  CHECK(ring.get_and_wait(3, RecordKind::lease, address(1)).outcome == Outcome::not_found);
  const auto other = ring.create_and_wait(1, make_lease(1, key_of(1)));
  CHECK(other.outcome == Outcome::done);
  CHECK(ring.get_and_wait(3, RecordKind::lease, address(1)).records.at(0).owner == key_of(1).public_key());
}

TEST_CASE("an owner whose sequence is too old learns the record that lives") {
  TestRing ring(25, 12);
  REQUIRE(ring.create_and_wait(0, make_lease(1, key_of(0), 5)).outcome == Outcome::done);
  const auto answer = ring.create_and_wait(0, make_lease(1, key_of(0), 3));
  CHECK(answer.outcome == Outcome::refused);
  REQUIRE(answer.records.size() == 1);
  CHECK(answer.records[0].sequence == 5);
}

TEST_CASE("a create succeeds with a minority of dead replicas and ends without a majority of living ones") {
  TestRing ring(40, 13);
  const NodeId first = position_of(name_space, RecordKind::lease, address(1));
  // Dead, and nobody has noticed: the carrier delivers to them in vain.
  const auto kill_replica = [&](unsigned position) {
    const NodeId id = ring.nearest(place_of(first, position)).id;
    ring.deaf.push_back(id);
  };
  kill_replica(0);
  kill_replica(3);
  kill_replica(6);
  CHECK(ring.create_and_wait(0, make_lease(1, key_of(0))).outcome == Outcome::done);
  const NodeId second = position_of(name_space, RecordKind::lease, address(3));
  for (unsigned position = 0; position < 4; ++position)
    ring.deaf.push_back(ring.nearest(place_of(second, position)).id);
  const TimePoint before = ring.now;
  CHECK(ring.create_and_wait(5, make_lease(3, key_of(5))).outcome == Outcome::no_majority);
  CHECK(ring.now - before == 10s);
}

TEST_CASE("S3: hostile puts are refused with a reason") {
  TestRing ring(30, 14);
  const auto held = ring.create_and_wait(0, make_lease(1, key_of(0), 5));
  REQUIRE(held.outcome == Outcome::done);
  ring.run_for(5s);
  const Record& lease = held.records[0];
  const auto refusal = [&](StoreMode mode, const Record& record) {
    const auto answer = ring.ask(mode, record, 2);
    REQUIRE(answer);
    CHECK(answer->verdict == Verdict::refused);
    return answer->refusal;
  };

  SUBCASE("signed with another key") {
    Record record = lease;
    record.sequence = 6;
    record.signature = key_of(1).sign(text("anything"));
    CHECK(refusal(StoreMode::put, record) == Refusal::signature);
    Record claimed = make_lease(9, key_of(1));
    claimed.owner = key_of(0).public_key();
    CHECK(refusal(StoreMode::create, claimed) == Refusal::signature);
  }
  SUBCASE("a key that is no point of the curve") {
    Record record = lease;
    record.owner = crypto::PublicKey{};
    CHECK(refusal(StoreMode::put, record) == Refusal::signature);
  }
  SUBCASE("an old sequence") {
    CHECK(refusal(StoreMode::put, make_lease(1, key_of(0), 4)) == Refusal::old_sequence);
    CHECK(refusal(StoreMode::create, make_lease(1, key_of(0), 4)) == Refusal::old_sequence);
  }
  SUBCASE("another owner's address") {
    CHECK(refusal(StoreMode::put, make_lease(1, key_of(1), 99)) == Refusal::held);
    const auto answer = ring.ask(StoreMode::create, make_lease(1, key_of(1), 99), 2);
    CHECK(answer->verdict == Verdict::exists);
    CHECK(same_content(*answer->held, lease));
  }
  SUBCASE("another owner's address with receipts of the thief himself") {
    Record record = make_lease(1, key_of(1), 99);
    for (int i = 0; i < 5; ++i)
      record.receipts.push_back(make_receipt(record, name_space, WallTime{100 + i}, key_of(1)));
    CHECK(refusal(StoreMode::put, record) == Refusal::held);
  }
  SUBCASE("another owner's address with one accomplice who signs often and early") {
    Record record = make_lease(1, key_of(1), 99);
    for (int i = 0; i < 8; ++i)
      record.receipts.push_back(make_receipt(record, name_space, WallTime{100 + i}, key_of(77)));
    CHECK(refusal(StoreMode::put, record) == Refusal::held);
  }
  SUBCASE("another owner's address with the true owner's receipts") {
    Record record = make_lease(1, key_of(1), 99);
    record.receipts = lease.receipts;
    CHECK(refusal(StoreMode::put, record) == Refusal::held);
  }
  SUBCASE("expired") {
    const Record record = make_record(RecordKind::lease, address(9), "v", key_of(1), 1, epoch - 7200s, 3600s);
    CHECK(refusal(StoreMode::create, record) == Refusal::expired);
  }
  SUBCASE("too long a life") {
    const Record record = make_record(RecordKind::lease, address(9), "v", key_of(1), 1, epoch, std::chrono::hours(30));
    CHECK(refusal(StoreMode::create, record) == Refusal::lifetime);
    const Record value =
        make_record(RecordKind::value, text("v"), "v", key_of(1), 1, epoch, std::chrono::hours(8 * 24));
    CHECK(refusal(StoreMode::put, value) == Refusal::lifetime);
  }
  SUBCASE("created in the future") {
    const Record record = make_record(RecordKind::lease, address(9), "v", key_of(1), 1, epoch + 7200s, 3600s);
    CHECK(refusal(StoreMode::create, record) == Refusal::lifetime);
  }
  SUBCASE("oversize") {
    Record record = make_record(RecordKind::value, text("big"), "", key_of(1));
    record.value.assign(1025, std::byte{7});
    sign(record, name_space, key_of(1));
    CHECK_FALSE(ring.ask(StoreMode::put, record, 2));  // does not even decode
    CHECK(ring.nearest(place_of(position_of(name_space, record.kind, record.name), 2))
              .dht->counters()
              .get("drop_dht_malformed") == 1);
  }
  SUBCASE("a name that is none") {
    CHECK(refusal(StoreMode::create, make_record(RecordKind::name, text("UP"), "v", key_of(1))) == Refusal::form);
    CHECK(refusal(StoreMode::create, make_record(RecordKind::lease, text("12345"), "v", key_of(1))) == Refusal::form);
  }
  SUBCASE("of a foreign namespace") {
    Record record = make_lease(9, key_of(1));
    sign(record, text("another group"), key_of(1));
    CHECK(refusal(StoreMode::create, record) == Refusal::signature);
  }
  SUBCASE("released by somebody else") {
    CHECK(ring.ask(StoreMode::put, released(make_lease(1, key_of(1), 98), key_of(1)), 2)->verdict == Verdict::granted);
    Record forged = released(lease, key_of(1));
    forged.owner = key_of(0).public_key();
    CHECK(refusal(StoreMode::put, forged) == Refusal::signature);
    CHECK(refusal(StoreMode::cancel, forged) == Refusal::signature);
  }
  SUBCASE("put without ever being granted") {
    CHECK(refusal(StoreMode::put, make_lease(9, key_of(1))) == Refusal::not_granted);
  }
  SUBCASE("sent to a place where no replica stands") {
    const auto answer = ring.ask(StoreMode::create, make_lease(9, key_of(1)), 2, NodeId{});
    REQUIRE(answer);
    CHECK(answer->refusal == Refusal::position);
  }
  const auto after = ring.get_and_wait(3, RecordKind::lease, address(1));
  REQUIRE(after.outcome == Outcome::done);
  CHECK(same_content(after.records[0], lease));
}

TEST_CASE("a replica that does not know the time stores nothing") {
  SeededRng rng(1);
  const NodeId self = *crypto::node_id_of(key_of(0).public_key());
  crypto::Basis basis;
  Dht dht({.self = self, .name_space = name_space}, key_of(0), basis, rng);
  const Record record = make_lease(1, key_of(1));
  const NodeId place = place_of(position_of(name_space, record.kind, record.name), 0);
  dht.handle_message(TimePoint{}, {NodeId{}, place, NodeId{}}, encoded(StoreRequest{1, 0, StoreMode::create, record}));
  CHECK(dht.stored_records() == 0);
  CHECK(dht.counters().get("drop_dht_no_clock") == 1);
}

TEST_CASE("answers to nothing that was asked are dropped") {
  TestRing ring(5, 15);
  auto& dht = *ring.members[0].dht;
  const Record lie = make_lease(1, key_of(3));
  dht.handle_message(ring.now, {ring.members[1].id, ring.members[0].id, ring.members[1].id},
                     encoded(StoreAnswer{99, 0, Verdict::granted, Refusal::none, std::nullopt, lie}));
  dht.handle_message(ring.now, {ring.members[1].id, ring.members[0].id, ring.members[1].id},
                     encoded(GetAnswer{99, 0, 0, 1, {lie}}));
  CHECK(dht.counters().get("drop_dht_late_answer") == 2);
  CHECK_FALSE(dht.poll_output());
}

TEST_CASE("S3: a grant without a good receipt does not count") {
  SeededRng rng(1);
  const NodeId self = *crypto::node_id_of(key_of(0).public_key());
  crypto::Basis basis;
  Dht dht({.self = self, .name_space = name_space}, key_of(0), basis, rng);
  basis.set_wall_time(TimePoint{}, epoch);
  dht.handle_ring(TimePoint{}, {NodeId{}}, 2);
  const Record record = make_lease(1, key_of(0));
  dht.create(TimePoint{}, record);
  while (auto output = dht.poll_output()) {
    const auto* send = std::get_if<Dht::Send>(&*output);
    REQUIRE(send != nullptr);  // no answer, whatever is granted
    const auto message = decode_message(send->message);
    if (!message || !std::holds_alternative<StoreRequest>(*message)) continue;
    const auto& request = std::get<StoreRequest>(*message);
    CHECK(request.mode == StoreMode::create);
    StoreAnswer answer{request.request, request.position, Verdict::granted, Refusal::none, std::nullopt, std::nullopt};
    dht.handle_message(TimePoint{}, {NodeId{}, self, NodeId{}}, encoded(answer));
    answer.receipt = make_receipt(make_lease(2, key_of(0)), name_space, epoch, key_of(5));
    dht.handle_message(TimePoint{}, {NodeId{}, self, NodeId{}}, encoded(answer));
  }
}

TEST_CASE("a partition grants one address twice, and after the merge the older grant holds") {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    CAPTURE(seed);
    TestRing ring(0, seed);
    // The clocks of the two owners are as wrong as may be, in the later one's favour.
    ring.add(0, 300s);
    ring.add(1, -300s);
    for (std::size_t i = 2; i < 50; ++i)
      ring.add(i);
    for (std::size_t i = 0; i < ring.members.size(); ++i)
      ring.members[i].part = static_cast<int>(i % 2);
    ring.update_rings();
    const auto old_grant = ring.create_and_wait(0, make_lease(1, key_of(0), 1, ring.wall() + 300s));
    REQUIRE(old_grant.outcome == Outcome::done);
    ring.run_for(60s);
    const auto new_grant = ring.create_and_wait(
        1, make_record(RecordKind::lease, address(1), "lease", key_of(1), 1, ring.wall() - 80'000s, 140'000s));
    REQUIRE(new_grant.outcome == Outcome::done);

    for (auto& member : ring.members)
      member.part = 0;
    ring.update_rings();
    ring.run_for(10s);
    for (const std::size_t reader : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{20}}) {
      const auto got = ring.get_and_wait(reader, RecordKind::lease, address(1));
      REQUIRE(got.outcome == Outcome::done);
      CHECK(got.records[0].owner == key_of(0).public_key());
    }
    // Whoever keeps both tells the loser, who need not look; and it finds out when it renews.
    CHECK_FALSE(ring.members[1].contested.empty());
    CHECK(ring.members[0].contested.empty());
    const auto loser = ring.create_and_wait(1, renewed(new_grant.records[0], key_of(1), 60s));
    CHECK(loser.outcome == Outcome::exists);
    REQUIRE(loser.records.size() == 1);
    CHECK(loser.records[0].owner == key_of(0).public_key());
    CHECK(ring.create_and_wait(0, renewed(old_grant.records[0], key_of(0), 60s)).outcome == Outcome::done);
  }
}

TEST_CASE("when half of the nodes die at once, at least 96 % of the records are found") {
  TestRing ring(100, 16);
  ring.latency_least = 1ms;
  ring.latency_most = 5ms;
  constexpr std::size_t records = 100;
  for (std::size_t i = 0; i < records; ++i) {
    REQUIRE(ring.create_and_wait(i, make_lease(static_cast<std::uint8_t>(i), key_of(i))).outcome == Outcome::done);
  }
  ring.run_for(5s);
  for (std::size_t i = 0; i < ring.members.size(); i += 2)
    ring.kill(i);
  ring.update_rings();
  ring.run_for(10s);
  std::size_t found = 0;
  for (std::size_t i = 0; i < records; ++i) {
    const auto got = ring.get_and_wait(1 + 2 * (i % 50), RecordKind::lease, address(static_cast<std::uint8_t>(i)));
    found += got.outcome == Outcome::done ? 1U : 0U;
  }
  CHECK(found >= 96);
}

TEST_CASE("records survive a ring of which every node is replaced, one after the other") {
  TestRing ring(30, 17);
  ring.latency_most = 20ms;
  std::vector<Record> records;
  for (std::size_t i = 0; i < 10; ++i) {
    const auto created = ring.create_and_wait(i, make_lease(static_cast<std::uint8_t>(i), key_of(i)));
    REQUIRE(created.outcome == Outcome::done);
  }
  ring.run_for(5s);
  for (std::size_t i = 0; i < 30; ++i) {
    ring.add(100 + i);
    ring.update_rings();
    ring.run_for(2s);
    ring.kill(i);
    ring.update_rings();
    ring.run_for(2s);
  }
  for (std::size_t i = 0; i < 10; ++i) {
    const auto got = ring.get_and_wait(30 + i, RecordKind::lease, address(static_cast<std::uint8_t>(i)));
    CHECK(got.outcome == Outcome::done);
    CHECK(ring.create_and_wait(40, make_lease(static_cast<std::uint8_t>(i), key_of(110))).outcome == Outcome::exists);
  }
  // Nobody keeps what he does not stand for: 8 positions, 2 copies of each.
  std::size_t copies = 0;
  for (const auto& member : ring.members)
    copies += member.alive ? member.dht->stored_records() : 0;
  CHECK(copies <= 10 * 8 * 2);
}

TEST_CASE("a newcomer is given each record that it keeps, once, by who keeps it no longer") {
  TestRing ring(30, 23);
  constexpr std::uint8_t records = 20;
  for (std::uint8_t i = 0; i < records; ++i)
    REQUIRE(ring.create_and_wait(i, make_lease(i, key_of(i))).outcome == Outcome::done);
  ring.run_for(120s);
  std::map<std::pair<Bytes, unsigned>, unsigned> given;
  const NodeId newcomer = *crypto::node_id_of(key_of(100).public_key());
  ring.on_way = [&](const TestRing::Member&, const NodeId& to, Bytes& octets) {
    const auto message = decode_message(octets);
    const auto* handed = message ? std::get_if<Handover>(&*message) : nullptr;
    if (to != newcomer || handed == nullptr) return true;
    for (const HandedRecord& one : handed->records)
      for (unsigned position = 0; position < max_replicas; ++position)
        given[{one.record.name, position}] += one.positions.test(position) ? 1U : 0U;
    return true;
  };
  ring.add(100);
  ring.update_rings();
  ring.run_for(20s);
  std::vector<NodeId> all;
  for (const auto& member : ring.members)
    all.push_back(member.id);
  const RingView whole(newcomer, all);
  std::size_t kept = 0;
  for (std::uint8_t i = 0; i < records; ++i) {
    for (unsigned position = 0; position < max_replicas; ++position) {
      const NodeId place = place_of(position_of(name_space, RecordKind::lease, address(i)), position);
      const unsigned expected = whole.keepers(place).contains(newcomer) ? 1 : 0;
      kept += expected;
      CHECK(given[{address(i), position}] == expected);
    }
  }
  CHECK(kept > 3);
  std::size_t copies = 0;
  for (const auto& member : ring.members)
    copies += member.dht->stored_records();
  CHECK(copies <= std::size_t{records} * max_replicas * 2);
}

TEST_CASE("a ring that grows from one node to thirty keeps its records") {
  TestRing ring(1, 18);
  ring.latency_most = 20ms;
  REQUIRE(ring.create_and_wait(0, make_lease(1, key_of(0))).outcome == Outcome::done);
  for (std::size_t i = 1; i < 30; ++i) {
    ring.add(i);
    ring.update_rings();
    ring.run_for(3s);
    CHECK(ring.get_and_wait(i, RecordKind::lease, address(1)).outcome == Outcome::done);
    if (i % 5 == 0) CHECK(ring.create_and_wait(i, make_lease(1, key_of(i))).outcome == Outcome::exists);
  }
}

TEST_CASE("records survive a ring of which every node restarts faster than the others notice") {
  TestRing ring(20, 22);
  REQUIRE(ring.create_and_wait(0, make_lease(1, key_of(0))).outcome == Outcome::done);
  ring.run_for(5s);
  for (std::size_t i = 0; i < ring.members.size(); ++i) {
    ring.restart(i);
    ring.run_for(2s);
  }
  CHECK(ring.get_and_wait(3, RecordKind::lease, address(1)).outcome == Outcome::done);
  CHECK(ring.create_and_wait(1, make_lease(1, key_of(1))).outcome == Outcome::exists);
  const NodeId first = position_of(name_space, RecordKind::lease, address(1));
  for (unsigned position = 0; position < 8; ++position)
    CHECK(ring.nearest(place_of(first, position)).dht->stored_records() == 1);
}

TEST_CASE("a get repairs the replicas that lack the record") {
  TestRing ring(30, 19);
  const Record value = make_record(RecordKind::value, text("k"), "v", key_of(0));
  REQUIRE(ring.put_and_wait(0, value).outcome == Outcome::done);
  ring.run_for(5s);
  const NodeId first = position_of(name_space, RecordKind::value, text("k"));
  // Three replicas restart without their store, and their neighbours as well.
  for (const unsigned position : {0U, 2U, 5U}) {
    for (int i = 0; i < 3; ++i) {
      auto& member = ring.nearest(place_of(first, position));
      member.alive = false;
    }
  }
  ring.update_rings();
  const auto count_empty = [&] {
    std::size_t empty = 0;
    for (unsigned position = 0; position < 8; ++position) {
      if (ring.nearest(place_of(first, position)).dht->stored_records() == 0) ++empty;
    }
    return empty;
  };
  CHECK(count_empty() > 0);
  std::size_t reader = 0;
  while (!ring.members[reader].alive)
    ++reader;
  CHECK(ring.get_and_wait(reader, RecordKind::value, text("k")).outcome == Outcome::done);
  ring.run_for(3s);
  CHECK(count_empty() == 0);
}

TEST_CASE("S3: a flood of records fills a replica only up to its bounds") {
  SeededRng rng(20);
  const NodeId self = *crypto::node_id_of(key_of(0).public_key());
  crypto::Basis basis;
  Dht dht({.self = self, .name_space = name_space}, key_of(0), basis, rng);
  basis.set_wall_time(TimePoint{}, epoch);
  const NodeId neighbour = *crypto::node_id_of(key_of(2).public_key());
  dht.handle_ring(TimePoint{}, {neighbour}, 2);
  for (int i = 0; i < 300; ++i) {
    const Record record = make_record(RecordKind::value, text("flood" + std::to_string(i)), "x", key_of(1));
    dht.handle_message(TimePoint{}, {neighbour, self, neighbour},
                       encoded(Handover{1, false, false, {{PositionSet(1), record}}}));
    while (dht.poll_output()) {
    }
  }
  CHECK(dht.stored_records() == 64);
  CHECK(dht.counters().get("drop_dht_quota") == 300 - 64);
}

TEST_CASE("S5: answers to questions in another's name are paced") {
  SeededRng rng(23);
  const NodeId self = *crypto::node_id_of(key_of(0).public_key());
  crypto::Basis basis;
  Dht dht({.self = self, .name_space = name_space}, key_of(0), basis, rng);
  basis.set_wall_time(TimePoint{}, epoch);
  const NodeId victim = *crypto::node_id_of(key_of(2).public_key());
  const NodeId place = position_of(name_space, RecordKind::value, text("k"));
  for (std::uint8_t i = 0; i < 10; ++i) {
    Record record = make_record(RecordKind::value, text("k"), std::string(1000, 'x'), key_of(10 + i));
    dht.handle_message(TimePoint{}, {victim, place, victim}, encoded(StoreRequest{1, 0, StoreMode::put, record}));
  }
  while (dht.poll_output()) {
  }
  REQUIRE(dht.stored_records() == 10);
  std::size_t octets = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    dht.handle_message(TimePoint{} + i * 20ms, {victim, place, victim},
                       encoded(GetRequest{i, 0, RecordKind::value, text("k")}));
    while (auto output = dht.poll_output()) {
      if (const auto* sent = std::get_if<Dht::Send>(&*output)) octets += sent->message.size();
    }
  }
  // 128 KiB at once, and 4 KiB a second for ten seconds.
  CHECK(octets > 100'000);
  CHECK(octets <= (128 + 41) * 1200);
}

TEST_CASE("garbage is counted and dropped") {
  SeededRng rng(21);
  const NodeId self = *crypto::node_id_of(key_of(0).public_key());
  crypto::Basis basis;
  Dht dht({.self = self, .name_space = name_space}, key_of(0), basis, rng);
  basis.set_wall_time(TimePoint{}, epoch);
  Bytes octets(64);
  for (int i = 0; i < 2000; ++i) {
    rng.fill(octets);
    octets[0] = std::byte{1};
    octets[1] = static_cast<std::byte>(1 + i % 7);
    dht.handle_message(TimePoint{}, {NodeId{}, self, NodeId{}}, octets);
  }
  CHECK(dht.stored_records() == 0);
  CHECK(dht.counters().get("drop_dht_malformed") > 0);
  CHECK(dht.counters().get("drop_dht_truncated") > 0);
}
