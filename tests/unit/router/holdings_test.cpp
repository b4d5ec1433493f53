#include "router/holdings.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "router_fixture.hpp"

using namespace ipop;
using namespace ipop::test;
using router::Holdings;

namespace {

struct HoldingsBench {
  explicit HoldingsBench(std::optional<net::Ipv4Address> preferred = {}, std::optional<std::string> name = {})
      : machine({.self = id_of(key), .prefix = prefix, .host_name = std::move(name), .preferred = preferred}, key,
                judge, rng) {}

  crypto::PrivateKey key = make_key("self");
  TimePoint now{};
  SeededRng rng{3};
  crypto::Basis basis;
  router::RecordJudge judge{name_space(), basis};
  Holdings machine;

  void set_clock() {
    basis.set_wall_time(now, wall);
    machine.handle_clock_set(now);
  }
  /// The record that is claimed next, with every line and change before it left out.
  std::optional<Holdings::Create> claimed() {
    while (auto output = machine.poll_output()) {
      if (auto* create = std::get_if<Holdings::Create>(&*output)) return std::move(*create);
    }
    return std::nullopt;
  }
  void grant(const Holdings::Create& create) {
    machine.handle_dht_answer(now, create.ticket, {.outcome = dht::Outcome::done, .records = {create.record}});
  }
};

const net::Ipv4Address last{10, 128, 0, 77};
const net::Ipv4Address wanted{10, 128, 0, 78};

}  // namespace

TEST_CASE("what is claimed first: the address of the last time, then what a client asked for, then any") {
  struct Row {
    const char* what;
    std::optional<net::Ipv4Address> preferred, wish;
    std::optional<net::Ipv4Address> first;
  };
  for (const Row& row :
       {Row{"both", last, wanted, last}, Row{"a wish", {}, wanted, wanted}, Row{"neither", {}, {}, {}}}) {
    CAPTURE(row.what);
    HoldingsBench bench(row.preferred);
    if (row.wish) bench.machine.prefer(*row.wish);
    bench.machine.handle_joined(bench.now);
    CHECK_FALSE(bench.claimed());
    bench.set_clock();
    const auto claim = bench.claimed();
    REQUIRE(claim);
    CHECK(claim->ticket.kind == Holdings::Kind::lease);
    if (row.first) CHECK(claim->record.name == router::record_name(*row.first));
  }
}

TEST_CASE("a wish from before the ring was joined is the first candidate, and one taken back is none") {
  HoldingsBench bench;
  CHECK(bench.machine.want(bench.now, wanted));
  bench.machine.forget_wish(bench.now);
  CHECK(bench.machine.want(bench.now, last));
  bench.set_clock();
  bench.machine.handle_joined(bench.now);
  CHECK(bench.claimed()->record.name == router::record_name(last));
}

TEST_CASE("the name is claimed once there is an address, and the lease then says how its holder is called") {
  HoldingsBench bench(last, "alpha");
  bench.set_clock();
  bench.machine.handle_joined(bench.now);
  const auto lease = bench.claimed();
  REQUIRE(lease);
  CHECK_FALSE(bench.claimed());
  CHECK_FALSE(bench.machine.lease());
  bench.grant(*lease);
  REQUIRE(bench.machine.lease());
  CHECK(bench.machine.lease()->address == last);
  const auto name = bench.claimed();
  REQUIRE(name);
  CHECK(name->ticket.kind == Holdings::Kind::name);
  bench.grant(*name);
  CHECK(bench.machine.name() == "alpha");
  const auto again = bench.claimed();
  REQUIRE(again);
  CHECK(again->record.name == router::record_name(last));
  CHECK(again->record.value != lease->record.value);
}

TEST_CASE("a host name that can't be one is told of and not claimed") {
  HoldingsBench bench(last, "no name!");
  const auto output = bench.machine.poll_output();
  REQUIRE(output);
  REQUIRE(std::holds_alternative<LogLine>(*output));
  CHECK(std::get<LogLine>(*output).level == LogLevel::warning);
  bench.set_clock();
  bench.machine.handle_joined(bench.now);
  bench.grant(*bench.claimed());
  CHECK_FALSE(bench.claimed());
}
