#include <doctest/doctest.h>

#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

const net::Ipv4Address before(10, 200, 1, 7);  // the address of the last time

/// A ring of three, one of whose machines has a wrong clock from its start on.
struct WrongClock {
  explicit WrongClock(std::chrono::seconds ahead) : ring({.seed = 21}) {
    ring.add_bootstrap();
    ring.add_member(ring.network().add_public_site(), ring.network().now());
    ring.network().run_for(10s);
    const auto remembers = [](node::NodeConfig& config) { config.preferred_address = before; };
    index = ring.add_member(ring.network().add_public_site(), ring.network().now(), remembers);
    set_clock(ahead);
    ring.network().run_for(60s);
  }

  void set_clock(std::chrono::seconds ahead) {
    const auto since = std::chrono::duration_cast<std::chrono::seconds>(ring.network().now().time_since_epoch());
    node().handle_wall_time(ring.network().now(), WallTime{SimRing::start_wall_seconds} + since + ahead);
    ring.network().drain(ring.host(index));
  }
  node::Node& node() { return ring.at(index).node(); }

  SimRing ring;
  std::size_t index = 0;
};

}  // namespace

TEST_CASE("a machine whose clock is ahead is told by how much, and has its address back once the clock is right") {
  WrongClock machine(std::chrono::minutes(11));
  CHECK_FALSE(machine.node().address());
  const std::string notice = "this machine's clock is about 11 minutes ahead of the others'";
  CHECK(machine.ring.at(machine.index).status(machine.ring.network().now()).notices ==
        std::vector<std::string>{notice});
  std::size_t told = 0;
  for (const LogLine& line : machine.ring.at(machine.index).log)
    told += line.text == notice ? 1U : 0U;
  CHECK(told == 1);

  machine.set_clock(std::chrono::seconds(0));
  REQUIRE(machine.ring.network().run_until_done([&] { return machine.node().address().has_value(); }, 20s));
  CHECK(machine.node().address() == before);
  CHECK(machine.node().notices().empty());
}

TEST_CASE("a machine whose clock is days behind is told so") {
  WrongClock machine(-std::chrono::hours(26));
  CHECK_FALSE(machine.node().address());
  CHECK(machine.node().notices() ==
        std::vector<std::string>{"this machine's clock is about 26 hours behind the others'"});
  machine.set_clock(std::chrono::seconds(0));
  REQUIRE(machine.ring.network().run_until_done([&] { return machine.node().address().has_value(); }, 20s));
  CHECK(machine.node().address() == before);
}
