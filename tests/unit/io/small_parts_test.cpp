#include <array>
#include <cstring>
#include <set>
#include <sys/socket.h>
#include <sys/un.h>

#include <doctest/doctest.h>

#include "emulated.hpp"
#include "io/log_writer.hpp"
#include "io/multicast_socket.hpp"
#include "io/netlink.hpp"
#include "io/resolver.hpp"
#include "io/service_notifier.hpp"
#include "io/system_clock.hpp"
#include "io/system_rng.hpp"
#include "io/tap_device.hpp"
#include "own_network.hpp"
#include "temp_dir.hpp"

using namespace ipop;
using namespace ipop::io;

namespace {

constexpr Duration part_limit = 60s;  // of what comes at once unless the test fails

/// Receives what a service says to its manager.
class Manager {
 public:
  explicit Manager(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  }
  std::string next() {
    std::array<char, 200> block{};
    const ssize_t got = ::recv(socket_.get(), block.data(), block.size(), 0);
    return got < 0 ? std::string() : std::string(block.data(), static_cast<std::size_t>(got));
  }

 private:
  UniqueFd socket_;
};

}  // namespace

TEST_CASE("a sleep shows as boot time that passes while the monotonic clock stands still") {
  ClockWatch::Reading reading{TimePoint{} + 100s, 100s, WallTime{1000}};
  ClockWatch watch(reading);
  reading = {TimePoint{} + 160s, 160s, WallTime{1060}};
  auto change = watch.update(reading);
  CHECK_FALSE(change.slept);
  CHECK_FALSE(change.wall_set);
  reading = {TimePoint{} + 161s, 3761s, WallTime{4661}};
  change = watch.update(reading);
  CHECK(change.slept);
  CHECK_FALSE(change.wall_set);
}

TEST_CASE("a wall clock that is set shows against the boot clock, in both directions") {
  for (const std::int64_t jump : {-3600, -2, 2, 86'400}) {
    ClockWatch watch({TimePoint{}, 0s, WallTime{1000}});
    const auto change = watch.update({TimePoint{} + 10s, 10s, WallTime{1010 + jump}});
    CHECK(change.wall_set);
    CHECK_FALSE(change.slept);
  }
  // Seconds are whole, so one more or less is rounding.
  ClockWatch watch({TimePoint{}, 0s, WallTime{1000}});
  CHECK_FALSE(watch.update({TimePoint{} + 10'900ms, 10'900ms, WallTime{1010}}).wall_set);
}

TEST_CASE("S22: a sleep, and a wall clock that skips more than 5 s ahead, may mean that the machine is a copy") {
  struct Case {
    Duration awake, boot;
    std::int64_t wall;
    bool may_be_copy;
  };
  for (const auto& [awake, boot, wall, may_be_copy] :
       {Case{10s, 10s, 10, false}, Case{10s, 10s, 15, false}, Case{10s, 10s, 16, true}, Case{10s, 10s, 86'400, true},
        Case{10s, 10s, -3600, false}, Case{1s, 3s, 3, false}, Case{1s, 4s, 4, true}, Case{1s, 3600s, 3600, true}}) {
    ClockWatch watch({TimePoint{}, 0s, WallTime{1000}});
    const auto change = watch.update({TimePoint{} + awake, boot, WallTime{1000 + wall}});
    CHECK(ClockWatch::may_be_copy(change) == may_be_copy);
  }
}

TEST_CASE("the clocks of this machine go forward together") {
  ClockWatch watch(read_clocks());
  const TimePoint before = monotonic_now();
  CHECK(monotonic_now() >= before);
  CHECK(wall_time_now().seconds > 1'700'000'000);
}

TEST_CASE("the kernel's chance does not repeat, also after what was drawn is discarded") {
  SystemRng rng;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(rng.next());
    if (i % 100 == 0) rng.discard();
  }
  CHECK(seen.size() == 1000);
}

TEST_CASE("a line for the journal begins with its priority, one for a terminal with the time") {
  const LogLine line{LogLevel::warning, "lease lost", {{"ip", "10.128.0.7"}, {"reason", "taken by another"}}};
  CHECK(format_log(LogForm::journal, 0, line) == "<4>lease lost ip=10.128.0.7 reason=\"taken by another\"\n");
  CHECK(format_log(LogForm::plain, 1'000'000'000, line) ==
        "2001-09-09T01:46:40Z warning lease lost ip=10.128.0.7 reason=\"taken by another\"\n");
  CHECK(format_log(LogForm::journal, 0, {LogLevel::info, "a\nb", {}}) == "<6>a\\x0ab\n");
}

TEST_CASE("of a text that floods the log 20 lines in 10 s are written, then how many were not") {
  LogLimiter limiter;
  TimePoint now{};
  std::size_t written = 0;
  for (int i = 0; i < 1000; ++i)
    written += limiter.ask(now, "noisy").write ? 1U : 0U;
  CHECK(written == 20);
  CHECK(limiter.ask(now, "quiet").write);
  now += 10s;
  const auto later = limiter.ask(now, "noisy");
  CHECK(later.write);
  CHECK(later.held_back == 980);
  CHECK(limiter.ask(now, "noisy").held_back == 0);
}

TEST_CASE("the manager of a service hears that it is ready, how it is, and that it lives") {
  const TempDir dir;
  Manager manager(dir.file("notify"));
  const ServiceNotifier notifier(dir.file("notify"), 30s);
  CHECK(notifier.is_active());
  CHECK(notifier.watchdog() == Duration(30s));
  notifier.ready();
  CHECK(manager.next() == "READY=1");
  notifier.status("address 10.128.0.7\nREADY=1");
  CHECK(manager.next() == "STATUS=address 10.128.0.7\\x0aREADY=1");
  notifier.alive();
  CHECK(manager.next() == "WATCHDOG=1");
  notifier.stopping();
  CHECK(manager.next() == "STOPPING=1");
  CHECK(manager.next().empty());
}

TEST_CASE("without a manager nothing is said") {
  for (const std::string& address : {std::string(), std::string("relative"), "/" + std::string(200, 'x')}) {
    const ServiceNotifier notifier(address, 30s);
    CHECK_FALSE(notifier.is_active());
    CHECK_FALSE(notifier.watchdog());
    notifier.ready();
  }
}

TEST_CASE("address literals and names of the hosts file resolve, always from the loop") {
  EventLoop loop;
  auto resolver = Resolver::open(loop);
  REQUIRE(resolver);
  std::map<std::string, Result<std::vector<net::Endpoint>>> got;
  const std::vector<std::string> hosts{"192.0.2.1", "2001:db8::1", "localhost", "no..such..name"};
  for (const std::string& host : hosts)
    resolver->resolve(host, 4000, [&, host](auto result) { got.emplace(host, std::move(result)); });
  CHECK(got.empty());
  CHECK(loop.run_until([&] { return got.size() == hosts.size(); }, part_limit));
  REQUIRE(got.at("192.0.2.1"));
  CHECK(got.at("192.0.2.1")->at(0) == net::Endpoint{net::Ipv4Address(192, 0, 2, 1), 4000});
  REQUIRE(got.at("2001:db8::1"));
  CHECK(to_string(got.at("2001:db8::1")->at(0)) == "[2001:db8::1]:4000");
  REQUIRE(got.at("localhost"));
  CHECK(got.at("localhost")->at(0).port == 4000);
  CHECK_FALSE(got.at("no..such..name"));
}

TEST_CASE("a name is looked up wherever it stands, behind any number of literals and other names") {
  EventLoop loop;
  auto resolver = Resolver::open(loop);
  REQUIRE(resolver);
  std::size_t literals = 0;
  std::size_t names = 0;
  for (int i = 0; i < 40; ++i) {
    resolver->resolve("192.0.2." + std::to_string(i + 1), 4000,
                      [&](const auto& result) { literals += result ? 1U : 0U; });
    resolver->resolve("localhost", 4000, [&](const auto& result) { names += result ? 1U : 0U; });
  }
  CHECK(loop.run_until([&] { return literals == 40 && names == 40; }, part_limit));
}

TEST_CASE("a resolver that is gone calls nobody") {
  EventLoop loop;
  bool called = false;
  {
    auto resolver = Resolver::open(loop);
    REQUIRE(resolver);
    resolver->resolve("localhost", 1, [&](const auto&) { called = true; });
    resolver->resolve("192.0.2.1", 1, [&](const auto&) { called = true; });
  }
  bool later = false;
  loop.post([&] { later = true; });
  CHECK(loop.run_until([&] { return later; }, part_limit));
  CHECK_FALSE(called);
}

TEST_CASE("what is sent to the LAN's group arrives at the others on the same interface") {
  if (is_emulated("what is sent to a group does not come back")) return;
  in_own_network([] {
    auto tap = TapDevice::open({"lan0", 1400, {}});
    REQUIRE(tap);
    REQUIRE(add_address(tap->index(), net::Ipv4Address(192, 168, 1, 2), 24));
    REQUIRE(mark_of_node(tap->index(), false));  // it stands for a LAN
    const auto addresses = list_addresses();
    REQUIRE(addresses);
    auto a = MulticastSocket::open();
    auto b = MulticastSocket::open();
    REQUIRE(a);
    REQUIRE(b);
    a->set_interfaces(*addresses, {});
    b->set_interfaces(*addresses, {});
    EventLoop loop;
    std::vector<MulticastSocket::Datagram> got;
    ReadWatch watch(loop, b->fd(), [&] { got = b->receive(); });
    a->send(as_bytes("hello"));
    CHECK(loop.run_until([&] { return !got.empty(); }, part_limit));
    REQUIRE(got.size() == 1);
    CHECK(got[0].octets == to_bytes(as_bytes("hello")));
    CHECK(got[0].from.address == net::Endpoint{net::Ipv4Address(192, 168, 1, 2), 0}.address);

    // The TAP of the node itself is no LAN.
    got.clear();
    const auto lan = std::ranges::find(*addresses, std::string("lan0"), &InterfaceAddress::interface);
    REQUIRE(lan != addresses->end());
    a->set_interfaces(*addresses, {lan->index, {}, true});
    a->send(as_bytes("silence"));
    CHECK(b->receive().empty());
  });
}
