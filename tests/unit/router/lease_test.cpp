#include <set>

#include "dht/witness.hpp"
#include "router/lease_keeper.hpp"
#include "router_fixture.hpp"

using namespace ipop;
using namespace ipop::test;

namespace {

/// What a node would call its address: the last create of the fixture that is open.
net::Ipv4Address claimed(const Bench& bench) {
  REQUIRE(bench.creates.size() == 1);
  return *router::address_of(bench.creates[0].record.name);
}

}  // namespace

TEST_CASE("the last lease is asked for first, and is held when a majority granted it") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  bench.answers_itself = false;
  bench.join();
  REQUIRE(claimed(bench) == own);
  const dht::Record record = bench.creates[0].record;
  CHECK(dht::check(record, name_space()));
  CHECK(record.kind == dht::RecordKind::lease);
  CHECK(record.expires - record.created == std::chrono::hours(24));
  CHECK(router::check_lease(record, name_space(), wall)->holder == id_of(bench.key));
  CHECK_FALSE(bench.router().lease());
  bench.answer_dht();
  REQUIRE(bench.held.size() == 1);
  CHECK(bench.held[0].address == own);
  CHECK(bench.router().lease()->expires == wall + std::chrono::hours(24));
  CHECK(bench.logged("address held"));
}

TEST_CASE("nothing is claimed before the ring is joined and the wall time known, in either order") {
  FakeDht ring;
  SeededRng rng(1);
  const auto key = make_key("self");
  router::Router::Config config{.self = id_of(key), .name_space = name_space(), .prefix = prefix, .preferred = own};
  crypto::Basis basis;
  router::Router router(config, key, basis, rng);
  router.handle_joined({});
  CHECK_FALSE(router.poll_output());
  basis.set_wall_time({}, wall);
  router.handle_clock_set({});
  CHECK(std::holds_alternative<router::Router::DhtCreate>(*router.poll_output()));
}

TEST_CASE("without a last lease a random address of the prefix is claimed, never a reserved one") {
  std::set<net::Ipv4Address> seen;
  const net::Ipv4Prefix narrow(net::Ipv4Address(10, 1, 0, 0), 23);
  for (int i = 0; i < 300; ++i) {
    FakeDht ring;
    router::Router::Config config;
    config.prefix = narrow;
    Bench bench(ring, "node " + std::string(static_cast<std::size_t>(i), 'x'), config);
    bench.join();
    const auto address = bench.router().lease()->address;
    seen.insert(address);
    CHECK(router::is_leasable(address, narrow));
  }
  CHECK(seen.size() > 100);
  for (const net::Ipv4Address reserved :
       {net::Ipv4Address(10, 1, 0, 0), net::Ipv4Address(10, 1, 0, 1), net::Ipv4Address(10, 1, 0, 255),
        net::Ipv4Address(10, 1, 1, 0), net::Ipv4Address(10, 1, 1, 255), net::Ipv4Address(10, 1, 2, 1)})
    CHECK_FALSE(router::is_leasable(reserved, narrow));
  CHECK(router::is_leasable(net::Ipv4Address(10, 1, 1, 1), narrow));
}

TEST_CASE("an address that is taken gives way to another at once") {
  FakeDht ring;
  ring.put(make_lease_record(make_key("peer"), own));
  Bench bench(ring, "self", Bench::with_lease());
  bench.join();
  REQUIRE(bench.held.size() == 1);
  CHECK(bench.held[0].address != own);
  CHECK(bench.logged("address is held by another node"));
}

TEST_CASE("a small pool is searched to its last free address; a full one is tried again with back-off") {
  FakeDht ring;
  const net::Ipv4Prefix tiny(net::Ipv4Address(10, 1, 0, 0), 29);  // .2 to .6
  for (std::uint8_t host = 2; host <= 5; ++host)
    ring.put(make_lease_record(make_key("peer"), net::Ipv4Address(10, 1, 0, host)));
  router::Router::Config config;
  config.prefix = tiny;
  Bench bench(ring, "self", config);
  bench.join();
  REQUIRE(bench.router().lease());
  CHECK(bench.router().lease()->address == net::Ipv4Address(10, 1, 0, 6));

  Bench late(ring, "late", config);
  late.join();
  CHECK_FALSE(late.router().lease());
  late.pass(60s);
  CHECK(late.asked < 40);
}

TEST_CASE("without a majority the claim is tried again after 0.5 s, doubling to 30 s") {
  FakeDht ring;
  ring.reachable = false;
  Bench bench(ring, "self", Bench::with_lease());
  bench.join();
  CHECK(bench.asked == 1);
  bench.pass(600ms);
  CHECK(bench.asked == 2);
  bench.pass(10min);
  // 0.5 + 1 + 2 + ... + 16 s, then every 30 s with a fifth of jitter
  CHECK(bench.asked >= 20);
  CHECK(bench.asked <= 34);
  ring.reachable = true;
  bench.pass(36s);
  CHECK(bench.router().lease()->address == own);
}

TEST_CASE("a lease is renewed at half time with jitter; the renewal keeps creation and receipts") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  bench.join();
  const auto first = *ring.records[{dht::RecordKind::lease, router::record_name(own)}];
  bench.pass(10h);
  CHECK(bench.asked == 1);
  bench.pass(4h);
  CHECK(bench.asked == 2);
  const auto second = *ring.records[{dht::RecordKind::lease, router::record_name(own)}];
  CHECK(second.sequence > first.sequence);
  CHECK(second.expires > first.expires);
  CHECK(second.created == first.created);
  CHECK(second.receipts == first.receipts);
  CHECK(bench.held.empty());  // renewals are silent
}

TEST_CASE("a lease that cannot be renewed is kept to its end, then lost and claimed again") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  bench.join();
  ring.reachable = false;
  bench.pass(23h + 59min);
  CHECK(bench.router().lease());
  CHECK(bench.lost.empty());
  bench.pass(1min);
  REQUIRE(bench.lost.size() == 1);
  CHECK_FALSE(bench.router().lease());
  ring.reachable = true;
  bench.pass(40s);
  CHECK(bench.router().lease()->address == own);
}

TEST_CASE("after a restart the same key gets the same address, whatever sequence it used before") {
  FakeDht ring;
  auto old = make_lease_record(make_key("self"), own, WallTime{wall.seconds - 7200});
  old.sequence = 0xffffffffffffULL;
  dht::sign(old, name_space(), make_key("self"));
  grant(old, WallTime{wall.seconds - 7200});
  ring.put(old);
  Bench bench(ring, "self", Bench::with_lease());
  bench.join();
  bench.pass(2s);
  REQUIRE(bench.router().lease());
  CHECK(bench.router().lease()->address == own);
  const auto record = *ring.records[{dht::RecordKind::lease, router::record_name(own)}];
  CHECK(record.sequence > old.sequence);
  CHECK(record.created == old.created);  // its rank among rival grants stays
}

TEST_CASE("after a change of the ring the lease is looked up once, when it is quiet for a second") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  bench.join();
  bench.pass(10s);
  const auto before = bench.asked;
  for (int i = 0; i < 3; ++i) {
    bench.change_ring();
    bench.pass(900ms);
    CHECK(bench.asked == before);
  }
  bench.pass(3s);
  CHECK(bench.asked == before + 1);
  // Under endless change it is looked up every few seconds all the same.
  for (int i = 0; i < 20; ++i) {
    bench.change_ring();
    bench.pass(500ms);
  }
  CHECK(bench.asked >= before + 2);
  CHECK(bench.asked <= before + 5);
}

TEST_CASE("after a merge the older grant wins: the loser says so and has a new address within seconds") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  bench.join();
  bench.pass(10s);
  ring.put(make_lease_record(make_key("peer"), own, WallTime{wall.seconds - 5000}));
  bench.change_ring();
  bench.pass(5s);
  REQUIRE(bench.lost.size() == 1);
  CHECK(bench.lost[0].address == own);
  REQUIRE(bench.held.size() == 1);
  CHECK(bench.held[0].address != own);
  CHECK(bench.logged("address lost"));
}

TEST_CASE("after a merge the younger grant loses: the holder writes its record again") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  bench.join();
  bench.pass(10s);
  // The replicas of the other part: they know only the younger record.
  const auto younger = make_lease_record(make_key("peer"), own, wall + 3600s);
  bench.answers_itself = false;
  bench.change_ring();
  bench.pass(5s);
  REQUIRE(bench.gets.size() == 1);
  const auto get = bench.gets[0];
  bench.gets.clear();
  bench.router().handle_dht_answer(bench.now, get.id, {{}, dht::Outcome::done, {younger}, {}});
  bench.drain();
  CHECK(bench.lost.empty());
  REQUIRE(bench.creates.size() == 1);
  CHECK(bench.creates[0].record.receipts.size() == 5);
  // The replicas decide: if they insist, the lease is lost after all.
  const auto create = bench.creates[0];
  bench.creates.clear();
  bench.router().handle_dht_answer(bench.now, create.id, {{}, dht::Outcome::exists, {younger}, {}});
  bench.drain();
  CHECK(bench.lost.size() == 1);
}

TEST_CASE("a record that the replicas lost is written again after a change of the ring") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  bench.join();
  bench.pass(10s);
  ring.records.clear();
  bench.change_ring();
  bench.pass(5s);
  CHECK(ring.get(dht::RecordKind::lease, router::record_name(own)).outcome == dht::Outcome::done);
  CHECK(bench.lost.empty());
}

TEST_CASE("forged records in the answer to a recheck change nothing") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  bench.join();
  auto forged = make_lease_record(make_key("peer"), own, WallTime{wall.seconds - 5000});
  forged.expires = forged.expires + 1s;  // not what was signed
  ring.put(forged);
  bench.answers_itself = false;
  bench.change_ring();
  bench.pass(5s);
  REQUIRE(bench.gets.size() == 1);
  bench.router().handle_dht_answer(bench.now, bench.gets[0].id, {{}, dht::Outcome::done, {forged}, {}});
  bench.gets.clear();
  bench.drain();
  CHECK(bench.lost.empty());
  CHECK(bench.creates.size() == 1);  // nobody holds it, as far as can be proven: written again
}

TEST_CASE("a lease race between two nodes over one DHT: one holds the address, the other holds another") {
  for (int round = 0; round < 20; ++round) {
    FakeDht ring;
    Bench a(ring, "a" + std::to_string(round), Bench::with_lease());
    Bench b(ring, "b" + std::to_string(round), Bench::with_lease());
    a.answers_itself = b.answers_itself = false;
    a.join();
    b.join();
    REQUIRE(claimed(a) == own);
    REQUIRE(claimed(b) == own);
    (round % 2 == 0 ? a : b).answer_dht();
    a.answer_dht();
    b.answer_dht();
    REQUIRE(a.router().lease());
    REQUIRE(b.router().lease());
    CHECK(a.router().lease()->address != b.router().lease()->address);
    CHECK((round % 2 == 0 ? a : b).router().lease()->address == own);
  }
}

TEST_CASE("two nodes that were granted one address in two parts of a ring agree on one holder after the merge") {
  for (int round = 0; round < 10; ++round) {
    FakeDht left;
    FakeDht right;
    Bench a(left, "left " + std::to_string(round), Bench::with_lease());
    Bench b(right, "right " + std::to_string(round), Bench::with_lease());
    a.join();
    b.pass(round % 2 == 0 ? 0s : 100s);  // granted together, or later
    b.join();
    const auto key = FakeDht::Key{dht::RecordKind::lease, router::record_name(own)};
    const dht::Record in_left = *left.records[key];
    const dht::Record in_right = *right.records[key];
    // One table remains, with the record that prevails.
    const bool left_wins = dht::prevails(in_left, in_right, {name_space()}, 8);
    left.records[key] = right.records[key] = left_wins ? in_left : in_right;
    a.change_ring();
    b.change_ring();
    a.pass(10s);
    b.pass(10s);
    REQUIRE(a.router().lease());
    REQUIRE(b.router().lease());
    CHECK((a.router().lease()->address == own) == left_wins);
    CHECK((b.router().lease()->address == own) == !left_wins);
  }
}

TEST_CASE("a member's own name is claimed after the address, and both records name each other") {
  FakeDht ring;
  auto config = Bench::with_lease();
  config.host_name = "Alice-Desktop";
  Bench bench(ring, "self", config);
  bench.join();
  REQUIRE(bench.names.size() == 1);
  CHECK(bench.names[0] == "alice-desktop");
  CHECK(bench.router().held_name() == "alice-desktop");
  const auto name = ring.get(dht::RecordKind::name, router::record_name(std::string("alice-desktop")));
  CHECK(router::check_name(name.records.at(0), name_space(), wall)->address == own);
  const auto lease = ring.get(dht::RecordKind::lease, router::record_name(own));
  CHECK(router::check_lease(lease.records.at(0), name_space(), wall)->name == "alice-desktop");
  CHECK(bench.held.size() == 1);
}

TEST_CASE("a name that another member holds is tried again every few minutes, and the log says so") {
  FakeDht ring;
  ring.put(make_name_record(make_key("peer"), "alice", other, wall, std::chrono::hours(1)));
  auto config = Bench::with_lease();
  config.host_name = "alice";
  Bench bench(ring, "self", config);
  bench.join();
  CHECK_FALSE(bench.router().held_name());
  CHECK(bench.logged("name is held by another node"));
  REQUIRE(bench.router().name_notice());
  CHECK(bench.router().name_notice()->starts_with("the name alice is held by the node " +
                                                  to_short_string(*crypto::node_id_of(make_key("peer").public_key())) +
                                                  " until 2027-01-15 09:00 UTC"));
  const auto before = bench.asked;
  bench.pass(30min);
  CHECK(bench.asked - before <= 8);
  bench.pass(40min);
  CHECK(bench.router().held_name() == "alice");
  CHECK_FALSE(bench.router().name_notice());
}

TEST_CASE("a name that nobody may choose is not claimed") {
  for (const char* bad : {"C128000001", "-x", "x-", "a.b", "", "name with space", "c128000001"}) {
    FakeDht ring;
    auto config = Bench::with_lease();
    config.host_name = bad;
    Bench bench(ring, "self", config);
    bench.join();
    CHECK(bench.router().lease());
    CHECK_FALSE(bench.router().held_name());
    CHECK(bench.asked == 1);
    CHECK(bench.logs.at(0).level == LogLevel::warning);
  }
}

TEST_CASE("when the address changes, the name's record follows") {
  FakeDht ring;
  auto config = Bench::with_lease();
  config.host_name = "alice";
  Bench bench(ring, "self", config);
  bench.join();
  bench.pass(10s);
  ring.put(make_lease_record(make_key("peer"), own, WallTime{wall.seconds - 5000}));
  bench.change_ring();
  bench.pass(5s);
  REQUIRE(bench.held.size() == 1);
  const auto name = ring.get(dht::RecordKind::name, router::record_name(std::string("alice")));
  CHECK(router::check_name(name.records.at(0), name_space(), wall)->address == bench.held[0].address);
}

TEST_CASE("what the ring refuses is logged once with its reason, not at every retry") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  bench.answers_itself = false;
  bench.join();
  std::size_t lines = 0;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(bench.creates.size() == 1);
    const auto create = bench.creates[0];
    bench.creates.clear();
    bench.router().handle_dht_answer(bench.now, create.id, {{}, dht::Outcome::refused, {}, "is a clock wrong?"});
    bench.drain();
    if (bench.logged("the ring refused the address")) ++lines;
    bench.pass(20s);
  }
  CHECK(lines == 1);
}

TEST_CASE("the address of the last time is asked for five times before another one, should the ring refuse it") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  bench.answers_itself = false;
  bench.join();
  for (int i = 0; i < 5; ++i) {
    REQUIRE(bench.creates.size() == 1);
    const auto create = bench.creates[0];
    bench.creates.clear();
    CHECK(create.record.name == router::record_name(own));
    bench.router().handle_dht_answer(bench.now, create.id, {{}, dht::Outcome::refused, {}, "grant"});
    bench.drain();
    bench.pass(12s);
  }
  REQUIRE(bench.creates.size() == 1);
  CHECK(bench.creates[0].record.name != router::record_name(own));
}

TEST_CASE("after a quick restart the old address is claimed again, above the sequence that the ring knows") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  bench.answers_itself = false;
  bench.join();
  REQUIRE(bench.creates.size() == 1);
  const auto create = bench.creates[0];
  bench.creates.clear();
  dht::Record known = create.record;
  known.sequence += 10;
  bench.router().handle_dht_answer(bench.now, create.id, {{}, dht::Outcome::refused, {known}, "old_sequence"});
  bench.drain();
  bench.pass(2s);
  REQUIRE(bench.creates.size() == 1);
  CHECK(bench.creates[0].record.name == known.name);
  CHECK(bench.creates[0].record.sequence > known.sequence);
}
