#include "overlay/status_exchange.hpp"

#include <doctest/doctest.h>

#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

constexpr crypto::ChannelId first_path{1};
constexpr crypto::ChannelId second_path{2};

Status near(std::vector<NodeId> neighbours = {}) {
  Status status;
  status.instance = 7;
  status.roles = only(Role::near);
  status.neighbours = std::move(neighbours);
  return status;
}

Status numbered(std::uint32_t sequence) {
  Status status;
  status.sequence = sequence;
  return status;
}

}  // namespace

TEST_CASE("the first status goes out at once, those that follow within a pause together") {
  StatusExchange exchange;
  TimePoint now{};
  now += 1h;
  CHECK_FALSE(exchange.take_status(now));
  exchange.handle_own(now, near(), 0s);
  REQUIRE(exchange.status_due() == now);
  CHECK(exchange.take_status(now)->sequence == 1);
  exchange.handle_own(now + 100ms, near({id_of(1)}), 0s);
  exchange.handle_own(now + 200ms, near({id_of(1), id_of(2)}), 0s);
  CHECK(exchange.status_due() == now + StatusExchange::pause);
  CHECK_FALSE(exchange.take_status(now + 200ms));
  const auto second = exchange.take_status(now + StatusExchange::pause);
  REQUIRE(second);
  CHECK(second->sequence == 3);
  CHECK(second->neighbours.size() == 2);
}

TEST_CASE("a status comes again until it is acknowledged, and what did not change is not sent") {
  StatusExchange exchange;
  TimePoint now{};
  exchange.handle_own(now, near(), 0s);
  std::vector<Duration> sent;
  for (int i = 0; i < 5; ++i) {
    now = *exchange.status_due();
    REQUIRE(exchange.take_status(now));
    sent.push_back(now - TimePoint{});
  }
  CHECK(sent == std::vector<Duration>{0s, 1s, 3s, 7s, 11s});
  exchange.handle_ack({.sequence = 99});
  CHECK(exchange.status_due());
  exchange.handle_ack({.sequence = 1});
  CHECK_FALSE(exchange.status_due());
  exchange.handle_own(now, near(), 0s);
  CHECK_FALSE(exchange.status_due());
  exchange.tell_again(now);
  CHECK(exchange.take_status(now)->sequence == 1);
}

TEST_CASE("what may wait is told later, with what may not, or never when it was undone") {
  StatusExchange exchange;
  TimePoint now{};
  exchange.handle_own(now, near(), 0s);
  exchange.take_status(now);
  exchange.handle_ack({.sequence = 1});
  exchange.handle_own(now, near({id_of(1)}), 60s);
  CHECK(exchange.status_due() == now + 60s);
  CHECK_FALSE(exchange.take_status(now + 60s));
  exchange.handle_own(now + 10s, near(), 60s);
  CHECK_FALSE(exchange.status_due());
  exchange.handle_own(now + 20s, near({id_of(1)}), 60s);
  CHECK_FALSE(exchange.has_waited(now + 79s));
  REQUIRE(exchange.has_waited(now + 80s));
  exchange.handle_own(now + 80s, near({id_of(1)}), 60s);
  CHECK(exchange.take_status(now + 80s)->neighbours.size() == 1);
}

TEST_CASE("a lost node counts while the latest status names it") {
  StatusExchange exchange;
  exchange.handle_own(TimePoint{}, near({id_of(1)}), 0s);
  exchange.handle_lost(id_of(2));
  CHECK_FALSE(exchange.names_lost());
  exchange.handle_lost(id_of(1));
  exchange.handle_lost(id_of(2));
  CHECK(exchange.names_lost());
  exchange.handle_own(TimePoint{} + 1s, near(), 5s);
  CHECK(exchange.names_lost());
  exchange.handle_own(TimePoint{} + 6s, near(), 5s);
  CHECK_FALSE(exchange.names_lost());
}

TEST_CASE("statuses that come are acknowledged together, over the path of the latest; one that comes again at once") {
  StatusExchange exchange;
  TimePoint now{};
  CHECK(exchange.handle_status(now, first_path, numbered(4)));
  CHECK(exchange.handle_status(now + 100ms, second_path, numbered(5)));
  CHECK_FALSE(exchange.take_ack(now + 100ms));
  CHECK(exchange.ack_due() == now + StatusExchange::ack_waits);
  const auto ack = exchange.take_ack(now + StatusExchange::ack_waits);
  REQUIRE(ack);
  CHECK(ack->message.sequence == 5);
  CHECK(ack->channel == second_path);
  CHECK_FALSE(exchange.ack_due());
  now += 1s;
  CHECK_FALSE(exchange.handle_status(now, first_path, numbered(4)));
  REQUIRE(exchange.ack_due() == now);
  CHECK(exchange.take_ack(now)->message.sequence == 5);
}

TEST_CASE("a peer that started anew begins its numbers anew") {
  StatusExchange exchange;
  TimePoint now{};
  CHECK(exchange.handle_status(now, first_path, numbered(9)));
  CHECK_FALSE(exchange.handle_status(now, first_path, numbered(1)));
  exchange.handle_restart();
  CHECK_FALSE(exchange.ack_due());
  CHECK(exchange.handle_status(now, first_path, numbered(1)));
  CHECK(exchange.take_ack(now + 1s)->message.sequence == 1);
}
