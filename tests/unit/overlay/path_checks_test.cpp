#include "overlay/path_checks.hpp"

#include <algorithm>
#include <utility>

#include <doctest/doctest.h>

#include "link_maker.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

constexpr crypto::ChannelId checked_path{11};

/// A link to the peer 1 on that channel, and another path beside it.
struct CheckedLink {
  CheckedLink() : table(id_at(100)), link(add_up(table, id_at(1), 11)) { path().liveness = Liveness(now, 15s, rng); }

  [[nodiscard]] Path& path() { return *link.paths.find(checked_path); }
  void add_relayed() {
    Path other = path_on(12, RelayPath{id_at(9), id_at(1)});
    other.liveness = Liveness(now, 15s, rng);
    table.add_path(link, std::move(other));
  }
  /// What comes of the keep-alives until `time` is over; pings are answered by nobody.
  std::vector<PathChecks::Output> keep_alive(Duration time) {
    std::vector<PathChecks::Output> out;
    const TimePoint end = now + time;
    while (path().liveness.deadline() <= end) {
      now = std::max(now, path().liveness.deadline());
      checks.check_liveness(now, link);
      for (auto& output : drained(checks)) {
        const bool dead = std::holds_alternative<PathChecks::Dead>(output);
        out.push_back(std::move(output));
        if (dead) return out;
      }
    }
    now = end;
    return out;
  }

  TimePoint now = TimePoint{} + 1h;
  SeededRng rng{3};
  PathChecks checks{1400};
  LinkTable table;
  Link& link;
};

}  // namespace

TEST_CASE("a ping is answered over its path, with where its sender is seen, unless it came over a relay") {
  CheckedLink one;
  one.add_relayed();
  one.checks.handle_message(one.now, one.link, checked_path, Ping{5, place(50)});
  const auto outputs = drained(one.checks);
  REQUIRE(outputs.size() == 2);
  const auto& sent = std::get<PathChecks::Send>(outputs[0]);
  CHECK(sent.channel == checked_path);
  CHECK(sent.message == LinkMessage(Pong{5, place(11)}));
  const auto& observed = std::get<PathChecks::Observed>(outputs[1]);
  CHECK(observed.peer == id_at(1));
  CHECK(observed.endpoint == place(11));
  CHECK(observed.observed == place(50));
  // Over a relay nobody sees where the other is, whatever he says.
  one.checks.handle_message(one.now, one.link, crypto::ChannelId{12}, Ping{6, place(50)});
  const auto relayed = drained(one.checks);
  REQUIRE(relayed.size() == 1);
  CHECK(std::get<PathChecks::Send>(relayed[0]).message == LinkMessage(Pong{6, std::nullopt}));
}

TEST_CASE("the pong of the latest ping gives the round trip, another one nothing") {
  CheckedLink one;
  one.checks.ping(one.now, id_at(1), one.path());
  const auto sent = those<PathChecks::Send>(drained(one.checks));
  REQUIRE(sent.size() == 1);
  const Ping ping = std::get<Ping>(sent[0].message);
  CHECK(ping.observed == place(11));
  one.now += 30ms;
  one.checks.handle_message(one.now, one.link, checked_path, Pong{ping.id + 1, std::nullopt});
  CHECK(drained(one.checks).empty());
  one.checks.handle_message(one.now, one.link, checked_path, Pong{ping.id, std::nullopt});
  const auto trips = those<PathChecks::RoundTrip>(drained(one.checks));
  REQUIRE(trips.size() == 1);
  CHECK(trips[0].measured == 30ms);
  CHECK(trips[0].is_direct);
  CHECK(one.path().round_trip == 30ms);
}

TEST_CASE("a probe is echoed whole, but none that the interface behind this node does not take") {
  CheckedLink one;
  const Probe fits = make_probe(3, 1400);
  one.checks.handle_message(one.now, one.link, checked_path, fits);
  const auto sent = those<PathChecks::Send>(drained(one.checks));
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].message == LinkMessage(ProbeEcho{3, fits.padding}));
  one.checks.handle_message(one.now, one.link, checked_path, make_probe(4, 1401));
  CHECK(drained(one.checks).empty());
  CHECK(one.checks.counters().get("drop_probe_above_mtu") == 1);
  // The smallest is carried by every interface.
  PathChecks narrow(576);
  narrow.handle_message(one.now, one.link, checked_path, make_probe(5, PathProof::smallest));
  CHECK(drained(narrow).size() == 1);
}

TEST_CASE("an echo proves its path and is told to the peer, one that was not asked for proves nothing") {
  CheckedLink one;
  one.checks.probe(one.now, id_at(1), one.path());
  const auto sent = those<PathChecks::Send>(drained(one.checks));
  REQUIRE(sent.size() == 1);
  const Probe probe = std::get<Probe>(sent[0].message);
  one.now += 20ms;
  one.checks.handle_message(one.now, one.link, checked_path, ProbeEcho{probe.id + 1, probe.padding});
  CHECK(drained(one.checks).empty());
  CHECK(one.checks.counters().get("drop_echo_unasked") == 1);
  one.checks.handle_message(one.now, one.link, checked_path, ProbeEcho{probe.id, probe.padding});
  const auto outputs = drained(one.checks);
  CHECK(those<PathChecks::RoundTrip>(outputs)[0].measured == 20ms);
  CHECK(std::get<Carried>(those<PathChecks::Send>(outputs)[0].message).octets == probe_octets(probe));
  CHECK(those<PathChecks::Proven>(outputs).size() == 1);
  CHECK(one.path().proof.proven_at() == one.now);
}

TEST_CASE("what the peer had of us proves the path as well") {
  CheckedLink one;
  one.add_relayed();
  one.checks.handle_message(one.now, one.link, crypto::ChannelId{12}, Carried{1, 1200});
  const auto proven = those<PathChecks::Proven>(drained(one.checks));
  REQUIRE(proven.size() == 1);
  CHECK(proven[0].channel == crypto::ChannelId{12});
  CHECK(one.link.paths.find(crypto::ChannelId{12})->proof.is_proven());
}

TEST_CASE("a quiet path in use asks for a keep-alive first, then pings, is suspect and dies") {
  CheckedLink one;
  CHECK(one.keep_alive(14s).empty());
  const auto first = one.keep_alive(2s);
  REQUIRE(those<PathChecks::KeepAlive>(first).size() == 1);
  const auto outputs = one.keep_alive(1h);
  CHECK(those<PathChecks::KeepAlive>(outputs).empty());
  CHECK(those<PathChecks::Suspect>(outputs).size() >= 1);
  CHECK(those<PathChecks::Send>(outputs).size() + 2 >= Liveness::probes_when_idle);
  REQUIRE(those<PathChecks::Dead>(outputs).size() == 1);
  CHECK(those<PathChecks::Dead>(outputs)[0].channels == std::vector{checked_path});
}

TEST_CASE("a path that is not in use is pinged itself: nothing else goes over it") {
  CheckedLink one;
  one.add_relayed();
  one.path().liveness.handle_received(one.now + 10s, one.rng);
  one.now += 17s;
  one.checks.check_liveness(one.now, one.link);
  const auto outputs = drained(one.checks);
  CHECK(those<PathChecks::KeepAlive>(outputs).empty());
  const auto sent = those<PathChecks::Send>(outputs);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].channel == crypto::ChannelId{12});
  CHECK_FALSE(std::get<Ping>(sent[0].message).observed);
}

TEST_CASE("data over a path that brings nothing back is found to fail; a new path without an answer is unproven") {
  CheckedLink one;
  one.path().proof.handle_data(one.now);
  Path trial = path_on(12);
  trial.proof = PathProof(one.now, true, 1400, 56);
  one.table.add_path(one.link, std::move(trial));
  std::size_t probes = 0;
  std::vector<TimePoint> failing;
  std::vector<TimePoint> unproven;
  for (const TimePoint end = one.now + 6s; one.now <= end; one.now += 100ms) {
    one.checks.check_proofs(one.now, one.link);
    const auto outputs = drained(one.checks);
    probes += those<PathChecks::Send>(outputs).size();
    failing.insert(failing.end(), those<PathChecks::Failing>(outputs).size(), one.now);
    for (const auto& path : those<PathChecks::Unproven>(outputs)) {
      CHECK(path.channel == crypto::ChannelId{12});
      unproven.push_back(one.now);
    }
  }
  CHECK(failing.size() == 1);
  CHECK(unproven == std::vector{TimePoint{} + 1h + PathProof::trial_lasts});
  CHECK(probes > 8);
}
