#include "daemon/daemon.hpp"

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "daemon/control_client.hpp"
#include "io/file.hpp"
#include "io/udp_port.hpp"
#include "unit/io/temp_dir.hpp"

using namespace ipop;
using namespace ipop::daemon;

namespace {

constexpr Duration call_limit = 60s;  // of what comes in a moment unless the test fails

DaemonConfig config_in(const TempDir& dir, const std::string& name) {
  DaemonConfig config;
  config.name_space = "unit test of the daemon";
  config.prefix = net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9);
  config.state_directory = dir.file(name);
  config.control_path = dir.file(name + ".sock");
  config.lan_discovery = false;
  config.log_level = LogLevel::error;
  config.version = "test";
  return config;
}

std::unique_ptr<Daemon> open_daemon(DaemonConfig config) {
  auto daemon = Daemon::open(std::move(config));
  REQUIRE_MESSAGE(daemon, daemon.error().message());
  return *std::move(daemon);
}

ControlClient connect(const std::string& path) {
  auto client = ControlClient::connect(path);
  REQUIRE_MESSAGE(client, client.error().message());
  return *std::move(client);
}

template <class Wanted>
Wanted ask(ControlClient& client, const node::Command& command) {
  auto answer = client.call(command, call_limit);
  REQUIRE_MESSAGE(answer, answer.error().message());
  return std::get<Wanted>(*std::move(answer));
}

}  // namespace

TEST_CASE("a node answers on its control socket, ends when asked to and leaves nothing open") {
  const TempDir dir;
  auto daemon = open_daemon(config_in(dir, "a"));
  std::thread node([&] { CHECK(daemon->run()); });
  auto client = connect(dir.file("a.sock"));
  const auto status = ask<node::StatusAnswer>(client, node::StatusCommand{});
  CHECK(status.version == "test");
  CHECK(status.interface.empty());
  CHECK_FALSE(status.id.is_zero());
  CHECK(status.counters.contains("control_clients"));
  const auto refused = client.call(node::WhyCommand{"nobody-knows-him"}, call_limit);
  CHECK((!refused || std::get<node::WhyAnswer>(*refused).state == "unknown"));
  (void)ask<node::DoneAnswer>(client, node::StopCommand{});
  node.join();
  daemon.reset();
  CHECK_FALSE(io::exists(dir.file("a.sock")));
  CHECK(io::exists(dir.file("a/key.pem")));

  auto again = open_daemon(config_in(dir, "a"));
  std::thread second([&] { CHECK(again->run()); });
  auto other = connect(dir.file("a.sock"));
  CHECK(ask<node::StatusAnswer>(other, node::StatusCommand{}).id == status.id);
  (void)ask<node::DoneAnswer>(other, node::StopCommand{});
  second.join();
}

TEST_CASE("two nodes that know each other's port link, and subscribers hear of it") {
  const TempDir dir;
  auto first = open_daemon(config_in(dir, "a"));
  std::thread a([&] { CHECK(first->run()); });
  auto client_a = connect(dir.file("a.sock"));
  REQUIRE(client_a.subscribe(call_limit));
  const auto status = ask<node::StatusAnswer>(client_a, node::StatusCommand{});
  REQUIRE_FALSE(status.local_endpoints.empty());

  auto config = config_in(dir, "b");
  config.bootstrap = {{"127.0.0.1", status.local_endpoints[0].port}};
  auto second = open_daemon(std::move(config));
  std::thread b([&] { CHECK(second->run()); });
  auto client_b = connect(dir.file("b.sock"));
  const auto id_of_b = ask<node::StatusAnswer>(client_b, node::StatusCommand{}).id;

  bool linked = false;
  while (!linked) {
    const auto event = client_a.next_event(call_limit);
    REQUIRE_MESSAGE(event, event.error().message());
    const auto* up = std::get_if<node::PeerUpEvent>(&*event);
    linked = up != nullptr && up->id == id_of_b;
  }
  const auto peers = ask<node::PeersAnswer>(client_a, node::PeersCommand{});
  REQUIRE(peers.peers.size() == 1);
  CHECK(peers.peers[0].id == id_of_b);

  (void)ask<node::DoneAnswer>(client_b, node::StopCommand{});
  b.join();
  bool gone = false;
  while (!gone) {
    const auto event = client_a.next_event(call_limit);
    REQUIRE_MESSAGE(event, event.error().message());
    gone = std::holds_alternative<node::PeerDownEvent>(*event);
  }
  (void)ask<node::DoneAnswer>(client_a, node::StopCommand{});
  a.join();
}

TEST_CASE("S22: after a sleep, and when the wall clock skips ahead, links and sessions are made anew") {
  const TempDir dir;
  auto first = open_daemon(config_in(dir, "a"));
  std::thread a([&] { CHECK(first->run()); });
  auto client_a = connect(dir.file("a.sock"));
  const auto status = ask<node::StatusAnswer>(client_a, node::StatusCommand{});
  REQUIRE_FALSE(status.local_endpoints.empty());

  std::atomic<std::int64_t> asleep = 0;  // seconds
  std::atomic<std::int64_t> skipped = 0;
  auto config = config_in(dir, "b");
  config.bootstrap = {{"127.0.0.1", status.local_endpoints[0].port}};
  config.read_clocks = [&] {
    auto reading = io::read_clocks();
    const std::chrono::seconds sleep(asleep);
    reading.boot += sleep;
    reading.wall = reading.wall + sleep + std::chrono::seconds(skipped);
    return reading;
  };
  auto second = open_daemon(std::move(config));
  std::thread b([&] { CHECK(second->run()); });
  auto client_b = connect(dir.file("b.sock"));
  REQUIRE(client_b.subscribe(call_limit));
  const auto wait_for = [&](auto&& is_wanted) {
    for (bool found = false; !found;) {
      const auto event = client_b.next_event(call_limit);
      REQUIRE_MESSAGE(event, event.error().message());
      found = is_wanted(*event);
    }
  };
  const auto is_up = [](const node::Event& event) { return std::holds_alternative<node::PeerUpEvent>(event); };
  const auto has_slept = [](const node::Event& event) {
    const auto* down = std::get_if<node::PeerDownEvent>(&event);
    return down != nullptr && down->why == "this machine slept";
  };
  const auto sessions = [&] {
    return ask<node::StatusAnswer>(client_b, node::StatusCommand{}).counters.at("channel_opened");
  };
  if (ask<node::PeersAnswer>(client_b, node::PeersCommand{}).peers.empty()) wait_for(is_up);
  auto before = sessions();
  for (auto* clock : {&asleep, &skipped}) {
    *clock += 3600;
    wait_for(has_slept);
    wait_for(is_up);
    CHECK(sessions() > before);
    before = sessions();
  }
  (void)ask<node::DoneAnswer>(client_b, node::StopCommand{});
  b.join();
  (void)ask<node::DoneAnswer>(client_a, node::StopCommand{});
  a.join();
}

TEST_CASE("what can't be opened is an error that says what to do, and nothing is left behind") {
  const TempDir dir;
  auto daemon = open_daemon(config_in(dir, "a"));
  std::thread node([&] { CHECK(daemon->run()); });
  auto client = connect(dir.file("a.sock"));
  const auto status = ask<node::StatusAnswer>(client, node::StatusCommand{});
  REQUIRE_FALSE(status.local_endpoints.empty());

  auto taken = config_in(dir, "b");
  taken.port = status.local_endpoints[0].port;
  const auto port = Daemon::open(taken);
  REQUIRE_FALSE(port);
  CHECK(port.error().code == std::errc::address_in_use);
  CHECK(port.error().context.find("--port") != std::string::npos);
  CHECK_FALSE(io::exists(taken.control_path));

  const auto state = Daemon::open(config_in(dir, "a"));
  REQUIRE_FALSE(state);
  CHECK(state.error().code == std::errc::device_or_resource_busy);

  auto socket = config_in(dir, "c");
  socket.control_path = dir.file("a.sock");
  const auto door = Daemon::open(socket);
  REQUIRE_FALSE(door);
  CHECK(door.error().code == std::errc::address_in_use);
  CHECK(io::exists(dir.file("a.sock")));

  (void)ask<node::DoneAnswer>(client, node::StopCommand{});
  node.join();
}

TEST_CASE("the port of the last time is taken again, and another one when it is in use") {
  const TempDir dir;
  const auto run_once = [&] {
    auto daemon = open_daemon(config_in(dir, "a"));
    std::thread node([&] { CHECK(daemon->run()); });
    auto client = connect(dir.file("a.sock"));
    const auto status = ask<node::StatusAnswer>(client, node::StatusCommand{});
    (void)ask<node::DoneAnswer>(client, node::StopCommand{});
    node.join();
    REQUIRE_FALSE(status.local_endpoints.empty());
    return status.local_endpoints[0].port;
  };
  const auto first = run_once();
  CHECK(run_once() == first);
  const auto squatter = io::UdpPort::open(first);
  REQUIRE(squatter);
  CHECK(run_once() != first);
}

TEST_CASE("a client's watch outlives a change of its node's group, and ends with its connection") {
  const TempDir dir;
  auto config = config_in(dir, "a");
  auto next = config;
  next.name_space = "another unit test of the daemon";
  config.read_again = [next] { return Result<DaemonConfig>(next); };
  auto daemon = open_daemon(std::move(config));
  std::thread node([&] { CHECK(daemon->run()); });
  auto client = connect(dir.file("a.sock"));
  REQUIRE(client.subscribe(call_limit));
  const auto wait_for_change = [&] {
    while (true) {
      const auto event = client.next_event(call_limit);
      REQUIRE_MESSAGE(event, event.error().message());
      if (const auto* changed = std::get_if<node::DhtChangedEvent>(&*event)) return changed->key;
    }
  };
  (void)ask<node::DoneAnswer>(client, node::DhtWatchCommand{"colour"});
  CHECK(wait_for_change() == "colour");
  (void)ask<node::DoneAnswer>(client, node::ReloadCommand{});
  CHECK(wait_for_change() == "colour");
  CHECK(ask<node::StatusAnswer>(client, node::StatusCommand{}).name_space == "another unit test of the daemon");
  (void)ask<node::DhtAnswer>(client, node::DhtPutCommand{"colour", to_bytes(as_bytes("green"))});
  CHECK(wait_for_change() == "colour");
  (void)ask<node::DoneAnswer>(client, node::StopCommand{});
  node.join();
}
