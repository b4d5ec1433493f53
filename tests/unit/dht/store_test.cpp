#include "dht/store.hpp"

#include <doctest/doctest.h>

#include "unit/dht/ring_harness.hpp"

using namespace ipop;
using namespace ipop::dht;
using namespace ipop::dht::test;
using Arrival = Store::Arrival;

namespace {

// A store, its clock, and short words for what arrives.
struct Bench {
  crypto::Basis basis;
  Store store{name_space, basis, {}};
  TimePoint now{};
  WallTime wall = epoch;
  NodeId hop{};  // the link that all comes over

  Store::Decision take(const Record& record, Arrival arrival, unsigned position = 0) {
    return store.accept(now, wall, record, arrival, PositionSet{}.set(position), 8, hop);
  }
  void pass(std::chrono::seconds time) {
    now += time;
    wall = wall + time;
    store.expire(now);
  }
};

Record tombstone_of(Record record, const crypto::PrivateKey& key, std::uint64_t sequence) {
  record.value.clear();
  record.receipts.clear();
  record.sequence = sequence;
  sign(record, name_space, key);
  return record;
}

Record with_receipts(Record record, std::size_t first, std::size_t count, WallTime stored = epoch) {
  for (std::size_t i = 0; i < count; ++i)
    record.receipts.push_back(make_receipt(record, name_space, stored, key_of(first + i)));
  return record;
}

Key lease_key(std::uint8_t last) {
  return {RecordKind::lease, address(last)};
}

}  // namespace

TEST_CASE("a create is granted, and its put confirms it") {
  Bench bench;
  const Record record = make_lease(1, key_of(0));
  CHECK(bench.take(record, Arrival::create).verdict == Verdict::granted);
  CHECK(bench.store.find(lease_key(1)).empty());
  CHECK(bench.take(record, Arrival::create).verdict == Verdict::granted);
  const auto confirmed = bench.take(with_receipts(record, 10, 5), Arrival::put);
  CHECK(confirmed.verdict == Verdict::granted);
  CHECK(confirmed.changed);
  REQUIRE(bench.store.find(lease_key(1)).size() == 1);
  CHECK(bench.store.find(lease_key(1))[0].receipts.size() == 5);
}

TEST_CASE("a grant lapses when its put does not come") {
  Bench bench;
  bench.take(make_lease(1, key_of(0)), Arrival::create);
  CHECK(bench.take(make_lease(1, key_of(1)), Arrival::create).verdict == Verdict::contended);
  bench.pass(31s);
  CHECK(bench.store.size() == 0);
  CHECK(bench.take(make_lease(1, key_of(1)), Arrival::create).verdict == Verdict::granted);
}

TEST_CASE("a grant is not taken by a create, whatever receipts it carries") {
  Bench bench;
  bench.take(make_lease(1, key_of(0)), Arrival::create);
  const auto decision = bench.take(with_receipts(make_lease(1, key_of(1)), 10, 5), Arrival::create);
  CHECK(decision.verdict == Verdict::contended);
}

TEST_CASE("a create finds another owner's record") {
  Bench bench;
  const Record first = with_receipts(make_lease(1, key_of(0)), 10, 5);
  bench.take(first, Arrival::put);
  const auto decision = bench.take(make_lease(1, key_of(1)), Arrival::create);
  CHECK(decision.verdict == Verdict::exists);
  REQUIRE(decision.held);
  CHECK(same_content(*decision.held, first));
  CHECK(decision.held->receipts.size() == 5);
}

TEST_CASE("only the owner renews, with a higher sequence") {
  Bench bench;
  bench.take(with_receipts(make_lease(1, key_of(0), 5), 10, 5), Arrival::put);
  CHECK(bench.take(make_lease(1, key_of(0), 6), Arrival::create).verdict == Verdict::renewed);
  const auto old = bench.take(make_lease(1, key_of(0), 5), Arrival::create);
  CHECK(old.verdict == Verdict::refused);
  CHECK(old.refusal == Refusal::old_sequence);
  CHECK(old.held->sequence == 6);
  Record same_sequence = make_lease(1, key_of(0), 6);
  same_sequence.value = text("other");
  sign(same_sequence, name_space, key_of(0));
  CHECK(bench.take(same_sequence, Arrival::put).refusal == Refusal::old_sequence);
}

TEST_CASE("a tombstone releases a record and keeps the old one from coming back") {
  Bench bench;
  const Record record = with_receipts(make_lease(1, key_of(0), 5), 10, 5);
  bench.take(record, Arrival::put);
  CHECK(bench.take(tombstone_of(record, key_of(0), 6), Arrival::put).verdict == Verdict::renewed);
  CHECK(bench.take(make_lease(1, key_of(1)), Arrival::create).verdict == Verdict::granted);
  CHECK(bench.take(record, Arrival::handover).refusal == Refusal::old_sequence);
  CHECK(bench.take(record, Arrival::put).refusal == Refusal::old_sequence);
}

TEST_CASE("an owner claims again what he released, unless another came in between") {
  Bench bench;
  const Record record = with_receipts(make_lease(1, key_of(0), 5), 10, 5);
  bench.take(record, Arrival::put);
  bench.take(tombstone_of(record, key_of(0), 6), Arrival::put);
  SUBCASE("alone") {
    CHECK(bench.take(make_lease(1, key_of(0), 7), Arrival::create).verdict == Verdict::granted);
  }
  SUBCASE("too late") {
    bench.take(with_receipts(make_lease(1, key_of(1)), 10, 5), Arrival::put);
    CHECK(bench.take(make_lease(1, key_of(0), 7), Arrival::create).verdict == Verdict::exists);
    // The tombstone still guards.
    CHECK(bench.take(record, Arrival::put).refusal == Refusal::old_sequence);
  }
}

TEST_CASE("a cancelled grant leaves nothing, and a cancelled record becomes a tombstone") {
  Bench bench;
  const Record record = make_lease(1, key_of(0), 1);
  bench.take(record, Arrival::create);
  CHECK(bench.take(tombstone_of(record, key_of(0), 2), Arrival::cancel).verdict == Verdict::granted);
  CHECK(bench.store.size() == 0);
  bench.take(tombstone_of(record, key_of(0), 2), Arrival::cancel);
  CHECK(bench.store.size() == 0);
  bench.take(with_receipts(record, 10, 5), Arrival::put);
  bench.take(tombstone_of(record, key_of(0), 2), Arrival::cancel);
  CHECK(bench.store.size() == 1);
  CHECK(bench.take(make_lease(1, key_of(1)), Arrival::create).verdict == Verdict::granted);
}

TEST_CASE("several owners may put values under one key, each his own") {
  Bench bench;
  const auto value = [](std::size_t owner, std::uint64_t sequence, std::string_view content) {
    return make_record(RecordKind::value, text("manager"), content, key_of(owner), sequence);
  };
  CHECK(bench.take(value(0, 1, "a"), Arrival::put).verdict == Verdict::granted);
  CHECK(bench.take(value(1, 1, "b"), Arrival::put).verdict == Verdict::granted);
  CHECK(bench.take(value(0, 2, "c"), Arrival::put).verdict == Verdict::renewed);
  CHECK(bench.store.find(Key{RecordKind::value, text("manager")}).size() == 2);
  CHECK(bench.take(value(2, 1, "d"), Arrival::create).verdict == Verdict::exists);
}

TEST_CASE("an entry goes when its record expires") {
  Bench bench;
  bench.take(with_receipts(make_lease(1, key_of(0)), 10, 5), Arrival::put);
  CHECK(bench.store.next_end() == TimePoint{} + std::chrono::hours(20));
  bench.pass(std::chrono::hours(20));
  CHECK(bench.store.size() == 0);
}

TEST_CASE("when two granted records meet, the one granted first stays") {
  const Record early = with_receipts(make_lease(1, key_of(0)), 10, 5, epoch);
  const Record late = with_receipts(make_lease(1, key_of(1)), 20, 5, epoch + 60s);
  for (const auto arrival : {Arrival::handover, Arrival::put}) {
    Bench bench;
    bench.pass(120s);
    bench.take(late, arrival);
    CHECK(bench.take(early, arrival).verdict == Verdict::granted);
    REQUIRE(bench.store.find(lease_key(1)).size() == 1);
    CHECK(bench.store.find(lease_key(1))[0].owner == early.owner);
    const auto again = bench.take(late, arrival);
    CHECK(again.refusal == Refusal::held);
    CHECK(again.held->owner == early.owner);
  }
}

TEST_CASE("a record that stood elsewhere displaces a grant") {
  Bench bench;
  bench.take(make_lease(1, key_of(1)), Arrival::create);
  CHECK(bench.take(make_lease(1, key_of(0)), Arrival::handover).verdict == Verdict::granted);
  CHECK(bench.take(make_lease(1, key_of(1)), Arrival::create).verdict == Verdict::exists);
}

TEST_CASE("S3: an owner has at most four leases, four names and 64 values with a replica") {
  Bench bench;
  for (std::uint8_t i = 1; i <= 4; ++i)
    CHECK(bench.take(make_lease(i, key_of(0)), Arrival::create).verdict == Verdict::granted);
  CHECK(bench.take(make_lease(5, key_of(0)), Arrival::create).refusal == Refusal::quota);
  CHECK(bench.take(make_lease(5, key_of(1)), Arrival::create).verdict == Verdict::granted);
  for (int i = 0; i < 64; ++i) {
    const auto record = make_record(RecordKind::value, text("v" + std::to_string(i)), "x", key_of(0));
    CHECK(bench.take(record, Arrival::put).verdict == Verdict::granted);
  }
  const auto more = make_record(RecordKind::value, text("more"), "x", key_of(0));
  CHECK(bench.take(more, Arrival::put).refusal == Refusal::quota);
}

TEST_CASE("S3: claiming and releasing again and again does not fill a replica") {
  Bench bench;
  for (int i = 0; i < 200; ++i) {
    const auto record = make_record(RecordKind::name, text("n" + std::to_string(i)), "x", key_of(0));
    bench.take(with_receipts(record, 10, 1), Arrival::put);
    bench.take(tombstone_of(record, key_of(0), 2), Arrival::put);
  }
  CHECK(bench.store.size() <= 20);
}

TEST_CASE("S3: a full store keeps room for leases and refuses the rest") {
  Store::Limits limits;
  limits.exclusive = 30;
  limits.values = 30;
  const crypto::Basis basis;
  Store store(name_space, basis, limits);
  const auto put = [&](RecordKind kind, std::size_t i, Arrival arrival) {
    const Bytes name =
        kind == RecordKind::lease ? address(static_cast<std::uint8_t>(i)) : text("k" + std::to_string(i));
    return store.accept(TimePoint{}, epoch, make_record(kind, name, "x", key_of(100 + i)), arrival, PositionSet(1), 8,
                        NodeId{});
  };
  for (std::size_t i = 0; i < 40; ++i)
    CHECK(put(RecordKind::value, i, Arrival::put).verdict == (i < 30 ? Verdict::granted : Verdict::refused));
  for (std::size_t i = 0; i < 40; ++i)
    CHECK(put(RecordKind::lease, i, Arrival::create).verdict == (i < 30 ? Verdict::granted : Verdict::refused));
  CHECK(store.size() == 60);
  CHECK(put(RecordKind::name, 99, Arrival::create).refusal == Refusal::full);
}

TEST_CASE("S3: a flood over one link pushes out nothing but itself, under one key as well") {
  const NodeId flooder = NodeId::from_prefix(Bytes(20, std::byte{1}));
  const NodeId other = NodeId::from_prefix(Bytes(20, std::byte{2}));
  Store::Limits limits;
  limits.exclusive = 20;
  limits.values = 20;
  const crypto::Basis basis;
  Store store(name_space, basis, limits);
  std::size_t owners = 200;
  const auto put = [&](RecordKind kind, const std::string& name, const NodeId& hop) {
    Record record = make_record(kind, text(name), "x", key_of(owners++));
    if (kind != RecordKind::value) record = with_receipts(record, 10, 1);
    return store.accept(TimePoint{}, epoch, record, Arrival::put, PositionSet(1), 8, hop).verdict;
  };
  const auto holds = [&](RecordKind kind, const std::string& name) {
    return !store.find(Key{kind, text(name)}).empty();
  };
  for (const RecordKind kind : {RecordKind::value, RecordKind::name}) {
    for (int i = 0; i < 5; ++i)
      CHECK(put(kind, "before" + std::to_string(i), other) == Verdict::granted);
    CHECK(put(kind, "own", flooder) == Verdict::granted);  // whoever floods later may be in the way of others
    for (int i = 0; i < 100; ++i)
      put(kind, "flood" + std::to_string(i), flooder);
    for (int i = 0; i < 4; ++i)
      CHECK(put(kind, "after" + std::to_string(i), other) == Verdict::granted);
    for (int i = 0; i < 100; ++i)
      put(kind, "more" + std::to_string(i), flooder);
    for (int i = 0; i < 5; ++i)
      CHECK(holds(kind, "before" + std::to_string(i)));
    for (int i = 0; i < 4; ++i)
      CHECK(holds(kind, "after" + std::to_string(i)));
    CHECK(holds(kind, "own"));
  }
  CHECK(store.size() == 40);

  Store narrow(name_space, basis, {.owners_per_value = 8});
  const auto write = [&](const NodeId& hop) {
    const Record record = make_record(RecordKind::value, text("k"), "x", key_of(owners++));
    return narrow.accept(TimePoint{}, epoch, record, Arrival::put, PositionSet(1), 8, hop).verdict;
  };
  for (int i = 0; i < 20; ++i)
    write(flooder);
  CHECK(write(other) == Verdict::granted);
  CHECK(write(other) == Verdict::granted);
  CHECK(write(flooder) == Verdict::refused);
  CHECK(narrow.size() == 8);
}

TEST_CASE("S3: whoever asks for what others handed over does not make it give way") {
  const NodeId flooder = NodeId::from_prefix(Bytes(20, std::byte{1}));
  const NodeId honest = NodeId::from_prefix(Bytes(20, std::byte{2}));
  const NodeId other = NodeId::from_prefix(Bytes(20, std::byte{3}));
  std::size_t owners = 600;
  const auto value = [&](const std::string& name) {
    return make_record(RecordKind::value, text(name), "x", key_of(owners++));
  };
  const auto bring = [](Store& store, const Record& record, Arrival arrival, const NodeId& hop) {
    return store.accept(TimePoint{}, epoch, record, arrival, PositionSet(1), 8, hop).verdict;
  };
  // The flood comes first, so that of what counts for it the others' records are the newest.
  const auto attack = [&](Store& store, const std::function<std::string(std::size_t)>& name, std::size_t flood,
                          std::size_t handed, std::size_t asked) {
    std::vector<Record> kept;
    for (std::size_t i = 0; i < flood; ++i)
      bring(store, value(name(i)), Arrival::put, flooder);
    for (std::size_t i = 0; i < handed; ++i)
      bring(store, kept.emplace_back(value(name(flood + i))), Arrival::handover, honest);
    for (const Record& record : kept)
      bring(store, record, Arrival::put, flooder);
    for (std::size_t i = 0; i < asked; ++i)
      CHECK(bring(store, value(name(flood + handed + i)), Arrival::put, other) == Verdict::granted);
    for (const Record& record : kept)
      CHECK(store.find(entry_key_of(record)) != nullptr);
  };
  SUBCASE("in a full table") {
    Store::Limits limits;
    limits.values = 20;
    const crypto::Basis basis;
    Store store(name_space, basis, limits);
    attack(
        store, [](std::size_t i) { return "k" + std::to_string(i); }, 12, 4, 7);
    CHECK(store.size() == 20);
  }
  SUBCASE("under one key") {
    const crypto::Basis basis;
    Store store(name_space, basis, {.owners_per_value = 8});
    for (int i = 0; i < 20; ++i)  // the honest link's share of the whole table is the larger one
      bring(store, value("elsewhere" + std::to_string(i)), Arrival::handover, honest);
    attack(
        store, [](std::size_t) { return std::string("k"); }, 4, 2, 3);
    CHECK(store.find(Key{RecordKind::value, text("k")}).size() == 8);
  }
}

TEST_CASE("S3: copies of a flood that an honest link hands over take no room from the owners behind it") {
  const NodeId flooder = NodeId::from_prefix(Bytes(20, std::byte{1}));
  const NodeId honest = NodeId::from_prefix(Bytes(20, std::byte{2}));
  Store::Limits limits;
  limits.values = 20;
  const crypto::Basis basis;
  Store store(name_space, basis, limits);
  std::size_t owners = 400;
  const auto bring = [&](const Record& record, Arrival arrival, const NodeId& hop) {
    return store.accept(TimePoint{}, epoch, record, arrival, PositionSet(1), 8, hop).verdict;
  };
  const auto value = [&](const std::string& name) {
    return make_record(RecordKind::value, text(name), "x", key_of(owners++));
  };
  const auto flood = [&](const std::string& name) {
    for (int i = 0; i < 40; ++i) {
      bring(value(name + "first" + std::to_string(i)), Arrival::handover, flooder);
      bring(value(name + "copy" + std::to_string(i)), Arrival::handover, honest);
    }
  };
  flood("a");
  CHECK(store.size() == 20);
  std::vector<Record> asked;
  for (int i = 0; i < 4; ++i) {
    const Record record = asked.emplace_back(value("new" + std::to_string(i)));
    // Some come as another replica's copy before.
    if (i % 2 == 1) bring(record, Arrival::handover, honest);
    const Verdict verdict = bring(record, Arrival::put, honest);
    CHECK((verdict == Verdict::granted || verdict == Verdict::renewed));
  }
  flood("b");
  for (const Record& record : asked)
    CHECK(store.find(entry_key_of(record)) != nullptr);
  CHECK(store.size() == 20);
}

TEST_CASE("S3: what its owner asks for makes no room for others though another replica's copy came first") {
  const NodeId replica = NodeId::from_prefix(Bytes(20, std::byte{1}));
  const NodeId other = NodeId::from_prefix(Bytes(20, std::byte{2}));
  Store::Limits limits;
  limits.values = 20;
  const crypto::Basis basis;
  Store store(name_space, basis, limits);
  std::size_t owners = 800;
  const auto bring = [&](const Record& record, Arrival arrival, const NodeId& hop) {
    return store.accept(TimePoint{}, epoch, record, arrival, PositionSet(1), 8, hop).verdict;
  };
  const auto value = [&](const std::string& name) {
    return make_record(RecordKind::value, text(name), "x", key_of(owners++));
  };
  for (int i = 0; i < 14; ++i)
    CHECK(bring(value("handed" + std::to_string(i)), Arrival::handover, replica) == Verdict::granted);
  const Record asked = value("asked");
  CHECK(bring(asked, Arrival::handover, replica) == Verdict::granted);
  CHECK(bring(asked, Arrival::put, replica) == Verdict::renewed);
  // Those that the replica handed over make room, the newest of them first.
  for (int i = 0; i < 8; ++i)
    CHECK(bring(value("other" + std::to_string(i)), Arrival::put, other) == Verdict::granted);
  CHECK(store.size() == 20);
  CHECK(store.find(entry_key_of(asked)) != nullptr);
}
