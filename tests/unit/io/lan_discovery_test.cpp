#include "io/lan_discovery.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "base/hex.hpp"

using namespace ipop;
using namespace ipop::io;

namespace {

constexpr LanAnnouncement::Tag tag{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                   std::byte{5}, std::byte{6}, std::byte{7}, std::byte{8}};
constexpr LanAnnouncement::Tag other_tag{};

Bytes octets_of(const LanAnnouncement& announcement) {
  Bytes out;
  encode(announcement, out);
  return out;
}
net::Endpoint host(unsigned last) {
  return {net::Ipv4Address(0xc0a80100U + last), 7780};
}

struct Drained {
  std::vector<Bytes> announced;
  std::vector<net::Endpoint> heard;
};
Drained drain(LanDiscovery& machine) {
  Drained out;
  while (const auto output = machine.poll_output()) {
    if (const auto* announce = std::get_if<LanDiscovery::Announce>(&*output)) out.announced.push_back(announce->octets);
    if (const auto* heard = std::get_if<LanDiscovery::Heard>(&*output)) out.heard.push_back(heard->endpoint);
  }
  return out;
}
/// Lets time pass up to `end` and gives the instants of the announcements.
std::vector<TimePoint> announcements_until(LanDiscovery& machine, TimePoint end) {
  std::vector<TimePoint> out;
  while (const auto next = machine.poll_timeout()) {
    if (*next > end) break;
    machine.handle_timeout(*next);
    out.insert(out.end(), drain(machine).announced.size(), *next);
  }
  return out;
}

}  // namespace

TEST_CASE("a LAN announcement has the octets of its drawing") {
  const LanAnnouncement announcement{tag, 0x1122334455667788, 4000};
  const Bytes octets = octets_of(announcement);
  CHECK(to_hex(octets) ==
        "49504c4e0101020304050607081122334455667788"
        "0fa0");
  CHECK(octets.size() == LanAnnouncement::size);
  const auto back = decode_lan_announcement(octets);
  REQUIRE(back);
  CHECK(*back == announcement);
}

TEST_CASE("a LAN announcement that is short or wrong is refused, and a longer one is a later version's") {
  Bytes octets = octets_of({tag, 1, 4000});
  for (std::size_t length = 0; length < octets.size(); ++length)
    CHECK(decode_lan_announcement(ByteSpan(octets).first(length)).error().code == Errc::truncated);
  octets.push_back(std::byte{9});
  CHECK(decode_lan_announcement(octets));
  Bytes magic = octets;
  magic[0] = std::byte{'X'};
  CHECK(decode_lan_announcement(magic).error().code == Errc::malformed);
  Bytes version = octets;
  version[4] = std::byte{2};
  CHECK(decode_lan_announcement(version).error().code == Errc::unsupported);
  CHECK(decode_lan_announcement(octets_of({tag, 1, 0})).error().code == Errc::malformed);
}

TEST_CASE("a node announces itself at the start and then about once a minute") {
  SeededRng rng(1);
  LanDiscovery machine(tag, 4000, rng);
  TimePoint now{};
  machine.start(now);
  const auto times = announcements_until(machine, now + 10min);
  REQUIRE(times.size() >= 8);
  CHECK(times.size() <= 13);
  CHECK(times.front() - now <= 100ms);
  for (std::size_t i = 1; i < times.size(); ++i) {
    CHECK(times[i] - times[i - 1] >= 48s);
    CHECK(times[i] - times[i - 1] <= 72s);
  }
}

TEST_CASE("a member that is heard for the first time is reported and answered once") {
  SeededRng rng(2);
  LanDiscovery machine(tag, 4000, rng);
  TimePoint now{};
  machine.start(now);
  (void)announcements_until(machine, now + 1s);
  now += 5s;
  const Bytes octets = octets_of({tag, 77, 5000});
  machine.handle_datagram(now, host(9), octets);
  const auto first = drain(machine);
  REQUIRE(first.heard.size() == 1);
  CHECK(first.heard[0] == net::Endpoint{host(9).address, 5000});
  CHECK(announcements_until(machine, now + 1s).size() == 1);
  machine.handle_datagram(now + 2s, host(9), octets);
  CHECK(drain(machine).heard.empty());
  CHECK(announcements_until(machine, now + 10s).empty());
}

TEST_CASE("own announcements, other groups and noise are nothing to report") {
  SeededRng rng(3);
  LanDiscovery machine(tag, 4000, rng);
  TimePoint now{};
  machine.start(now);
  machine.handle_timeout(*machine.poll_timeout());
  const auto own = drain(machine).announced;
  REQUIRE(own.size() == 1);
  machine.handle_datagram(now, host(1), own[0]);
  machine.handle_datagram(now, host(1), octets_of({other_tag, 5, 4000}));
  machine.handle_datagram(now, host(1), as_bytes("noise"));
  CHECK(drain(machine).heard.empty());
  CHECK(machine.counters().get("drop_lan_other_group") == 1);
  CHECK(machine.counters().get("drop_lan_malformed") == 1);
}

TEST_CASE("a flood on the LAN gives at most 16 hints a minute and one announcement a second") {
  SeededRng rng(4);
  LanDiscovery machine(tag, 4000, rng);
  TimePoint now{};
  machine.start(now);
  std::size_t heard = 0;
  std::size_t announced = 0;
  for (unsigned i = 0; i < 10'000; ++i) {
    now += 5ms;
    machine.handle_datagram(now, host(i % 60'000), octets_of({tag, i + 1, 4000}));
    if (*machine.poll_timeout() <= now) machine.handle_timeout(now);
    const auto outputs = drain(machine);
    heard += outputs.heard.size();
    announced += outputs.announced.size();
  }
  CHECK(heard <= 16);
  CHECK(announced <= 52);
  CHECK(machine.counters().get("drop_lan_too_many") > 9000);
}

TEST_CASE("after a change of addresses everybody on the LAN is new") {
  SeededRng rng(5);
  LanDiscovery machine(tag, 4000, rng);
  TimePoint now{};
  machine.start(now);
  (void)announcements_until(machine, now + 1s);
  const Bytes octets = octets_of({tag, 77, 5000});
  now += 10s;
  machine.handle_datagram(now, host(9), octets);
  CHECK(drain(machine).heard.size() == 1);
  now += 10s;
  machine.handle_address_change(now);
  CHECK(announcements_until(machine, now + 1s).size() == 1);
  machine.handle_datagram(now + 1s, host(9), octets);
  CHECK(drain(machine).heard.size() == 1);
}
