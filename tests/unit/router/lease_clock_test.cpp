// A lease and the clock of the machine that holds it.

#include "router_fixture.hpp"

using namespace ipop;
using namespace ipop::test;

TEST_CASE("S21: a lease is renewed when the wall clock says that the machine slept, and survives a wrong clock") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  bench.join();
  bench.set_clock(wall + 20h);
  bench.drain();
  CHECK(bench.asked == 2);
  CHECK(bench.router().lease()->expires == wall + 44h);
  bench.set_clock(WallTime{0});
  bench.drain();
  CHECK(bench.lost.empty());
  CHECK(bench.router().lease()->address == own);
}

TEST_CASE("S21: after a clock years ahead the lease ends when it did before, here and in the ring") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  bench.join();
  const auto set_clock = [&](WallTime time) {
    bench.set_clock(time);
    bench.drain();
  };
  // A ring of its own grants what it asks for.
  set_clock(wall + std::chrono::hours(24 * 365 * 80));
  REQUIRE(bench.router().lease()->expires == wall + std::chrono::hours(24 * 365 * 80 + 24));
  SUBCASE("with a ring that answers") {
    set_clock(wall + 5s);
    const dht::Record& record = *ring.records.at({dht::RecordKind::lease, router::record_name(own)});
    CHECK(record.created <= wall + 5s);
    CHECK(record.expires == wall + 5s + std::chrono::hours(24));
  }
  SUBCASE("with one that does not") {
    ring.reachable = false;
    set_clock(wall + 5s);
  }
  CHECK(bench.router().lease()->expires == wall + 5s + std::chrono::hours(24));
  CHECK(bench.lost.empty());
}
