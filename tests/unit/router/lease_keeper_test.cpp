#include "router/lease_keeper.hpp"

#include "router_fixture.hpp"

using namespace ipop;
using namespace ipop::test;
using router::LeaseKeeper;

namespace {

/// A keeper alone: its creates and look-ups are answered by hand.
struct KeptLease {
  explicit KeptLease(LeaseKeeper::Config config = {dht::RecordKind::lease, prefix}) {
    basis.set_wall_time(now, wall);
    keeper.emplace(std::move(config), key, judge, rng);
  }

  /// What came out since the last time, as text.
  std::string outputs() {
    std::string out;
    while (auto output = keeper->poll_output()) {
      out += out.empty() ? "" : ", ";
      out += std::visit(Overloaded{
                            [&](const LeaseKeeper::Create& create) {
                              created = create;
                              return std::string(create.record.is_tombstone() ? "release" : "create");
                            },
                            [&](const LeaseKeeper::Get& get) {
                              asked = get.id;
                              return std::string("look up");
                            },
                            [](const LeaseKeeper::Held& held) { return std::string(held.is_new ? "held" : "renewed"); },
                            [](const LeaseKeeper::Lost& lost) { return "lost: " + lost.why; },
                            [](const LeaseKeeper::Taken&) { return std::string("taken"); },
                            [](const LeaseKeeper::ClockOff& off) {
                              return std::string(off.ahead ? "clock is off" : "clock is right");
                            },
                        },
                        *output);
    }
    return out;
  }
  std::string answer(dht::Outcome outcome, std::optional<std::chrono::seconds> ahead = {}) {
    const LeaseKeeper::Create last = *created;
    auto records = std::vector{last.record};
    if (outcome == dht::Outcome::exists)
      records = {make_lease_record(make_key("other"), *router::address_of(last.record.name))};
    if (outcome == dht::Outcome::refused || outcome == dht::Outcome::no_majority) records.clear();
    if (outcome == dht::Outcome::done) grant(records.front(), wall);
    keeper->handle_created(now, last.id, outcome, records, ahead);
    return outputs();
  }
  std::string found(std::vector<dht::Record> records) {
    keeper->handle_found(now, *asked, records.empty() ? dht::Outcome::not_found : dht::Outcome::done, records);
    return outputs();
  }
  std::string wait() {
    now = keeper->poll_timeout().value();
    keeper->handle_timeout(now);
    return outputs();
  }
  std::string start(std::optional<net::Ipv4Address> preferred = own) {
    keeper->start(now, preferred ? std::optional(router::record_name(*preferred)) : std::nullopt, Bytes{std::byte{1}});
    return outputs();
  }

  crypto::PrivateKey key = make_key("self");
  SeededRng rng{3};
  crypto::Basis basis;
  router::RecordJudge judge{name_space(), basis};
  TimePoint now{};
  std::optional<LeaseKeeper> keeper{};
  std::optional<LeaseKeeper::Create> created{};
  std::optional<LeaseKeeper::LookUpId> asked{};
};

}  // namespace

TEST_CASE("a claim goes on by what the ring answers") {
  struct Row {
    const char* what;
    dht::Outcome answer;
    std::optional<std::chrono::seconds> ahead;
    std::string at_once;
    std::string later;
  };
  using dht::Outcome;
  const Row rows[] = {
      {"granted", Outcome::done, {}, "held", "create"},
      {"somebody has it", Outcome::exists, {}, "taken, create", ""},
      {"replicas are full", Outcome::refused, {}, "", "create"},
      {"our clock is off", Outcome::refused, 3h, "clock is off", "create"},
      {"no majority", Outcome::no_majority, {}, "", "create"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    KeptLease lease;
    CHECK(lease.start() == "create");
    CHECK(lease.answer(row.answer, row.ahead) == row.at_once);
    CHECK(lease.keeper->held().has_value() == (row.answer == Outcome::done));
    if (!row.later.empty()) CHECK(lease.wait() == row.later);
  }
}

TEST_CASE("what is held is renewed at half of its time, and lost at its end when nobody answers") {
  KeptLease lease;
  lease.start();
  CHECK(lease.answer(dht::Outcome::done) == "held");
  CHECK(lease.wait() == "create");
  CHECK(lease.now >= TimePoint{} + 10h);
  CHECK(lease.answer(dht::Outcome::done) == "renewed");
  std::string said;
  while (said.find("lost") == std::string::npos)
    said = lease.wait();
  CHECK(said.find("lost: not renewed in time, create") == 0);
}

TEST_CASE("a lease that nobody uses ends, and is claimed again when somebody does") {
  KeptLease lease;
  lease.start();
  lease.answer(dht::Outcome::done);
  lease.keeper->let_lapse();
  CHECK(lease.wait() == "lost: released");
  CHECK_FALSE(lease.keeper->poll_timeout().has_value());
  lease.keeper->keep(lease.now);
  CHECK(lease.outputs() == "create");
}

TEST_CASE("a wish is claimed beside what is held, and takes its place when it is granted") {
  KeptLease lease;
  lease.start();
  lease.answer(dht::Outcome::done);
  CHECK_FALSE(lease.keeper->want(lease.now, router::record_name(own)));
  REQUIRE(lease.keeper->want(lease.now, router::record_name(other)));
  CHECK(lease.outputs() == "create");
  SUBCASE("granted") {
    const auto said = lease.answer(dht::Outcome::done);
    CHECK(said == "release, lost: given up for another address that the client asked for, held");
    CHECK(lease.keeper->held()->name == router::record_name(other));
  }
  SUBCASE("somebody has it") {
    CHECK(lease.answer(dht::Outcome::exists) == "taken");
    CHECK(lease.keeper->held()->name == router::record_name(own));
  }
  SUBCASE("taken back, and granted after all") {
    lease.keeper->forget_wish(lease.now);
    CHECK(lease.answer(dht::Outcome::done) == "release");
    CHECK(lease.keeper->held()->name == router::record_name(own));
  }
}

TEST_CASE("after a change of the ring it is looked up who holds the name") {
  KeptLease lease;
  lease.start();
  lease.answer(dht::Outcome::done);
  const dht::Record ours = lease.created->record;
  lease.keeper->handle_ring_changed(lease.now);
  CHECK(lease.wait() == "look up");
  SUBCASE("we do") {
    CHECK(lease.found({ours}).empty());
  }
  SUBCASE("nobody") {
    CHECK(lease.found({}) == "create");
  }
  SUBCASE("somebody to whom it was granted earlier") {
    const auto theirs = make_lease_record(make_key("other"), own, WallTime{wall.seconds - 100});
    CHECK(lease.found({theirs}) == "lost: another part of the ring had granted it earlier to another node, create");
  }
}
