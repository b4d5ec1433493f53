#include "node/arrival.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::node;
using namespace std::chrono_literals;

namespace {

net::Endpoint at(std::uint8_t last) {
  return *net::parse_endpoint("192.0.2." + std::to_string(last) + ":7000");
}

/// What it says until it is silent: "ready", or the text of a line.
std::vector<std::string> said(Arrival& arrival) {
  std::vector<std::string> out;
  while (auto output = arrival.poll_output()) {
    if (const auto* line = std::get_if<LogLine>(&*output))
      out.push_back(line->text);
    else
      out.emplace_back("ready");
  }
  return out;
}

using Said = std::vector<std::string>;
const std::string alone = "no other member reached: working alone for the time being";

}  // namespace

TEST_CASE("who may be the first, after how long, by what the group names") {
  struct Row {
    const char* what;
    Arrival::Config config;
    bool is_named;  ///< this node is at(1)
    Duration after;
    bool ready;
  };
  const std::vector<Row> rows = {
      {"nobody is named or known", {}, false, 0s, true},
      {"peers of the last time are waited for", {.knows_peers = true}, false, 10s, true},
      {"only this node is named", {.bootstrap = {at(1)}, .has_bootstrap = true}, true, 0s, true},
      {"this node is one of two", {.bootstrap = {at(1), at(2)}, .has_bootstrap = true}, true, 10s, true},
      {"others are named", {.bootstrap = {at(2)}, .has_bootstrap = true}, true, 10s, false},
      {"others are named, not resolved yet", {.has_bootstrap = true}, true, 10s, false},
      {"others are named, and it may be the first", {.has_bootstrap = true, .first = true}, true, 10s, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Arrival arrival(row.config);
    const TimePoint start{};
    if (row.is_named) arrival.handle_local_endpoints(start, {at(1)});
    arrival.handle_entered(start);
    REQUIRE(arrival.poll_timeout() == start + row.after);
    arrival.handle_timeout(start + row.after);
    const Said out = said(arrival);
    CHECK(arrival.is_ready() == row.ready);
    CHECK(arrival.notice().empty() == row.ready);
    if (row.ready) {
      CHECK(out == Said{alone, "ready"});
    } else {
      REQUIRE(out.size() == 1);
      CHECK(out.front() == arrival.notice());
    }
    CHECK_FALSE(arrival.poll_timeout());
  }
}

TEST_CASE("who joins is ready once, and again after it left and came back") {
  Arrival arrival({.bootstrap = {at(2)}, .has_bootstrap = true});
  arrival.handle_entered({});
  arrival.handle_joined();
  arrival.handle_joined();
  CHECK(said(arrival) == Said{"ready"});
  CHECK_FALSE(arrival.poll_timeout());
  arrival.handle_left();
  CHECK_FALSE(arrival.is_ready());
  arrival.handle_entered(TimePoint{} + 1h);
  arrival.handle_joined();
  CHECK(said(arrival) == Said{"ready"});
}

TEST_CASE("a node that waits, or is cut off, and learns that the name is its own works alone at once") {
  for (const Duration late : {Duration(3s), Duration(20s)}) {
    Arrival arrival({.bootstrap = {at(1)}, .has_bootstrap = true});
    TimePoint now{};
    arrival.handle_entered(now);
    if (late > Arrival::alone_after) {
      arrival.handle_timeout(now + Arrival::alone_after);
      CHECK(said(arrival).size() == 1);
      CHECK_FALSE(arrival.notice().empty());
    }
    now += late;
    arrival.handle_local_endpoints(now, {at(1)});
    REQUIRE(arrival.poll_timeout() == now);
    arrival.handle_timeout(now);
    CHECK(said(arrival) == Said{alone, "ready"});
    CHECK(arrival.notice().empty());
  }
}
