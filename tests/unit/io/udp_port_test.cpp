#include "io/udp_port.hpp"

#include <algorithm>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <doctest/doctest.h>

#include "io/event_loop.hpp"
#include "refusing_kernel.hpp"

using namespace ipop;
using namespace ipop::io;

namespace {

Bytes octets_of(std::size_t size, std::uint8_t value) {
  return Bytes(size, std::byte{value});
}

net::Endpoint loopback_of(const UdpPort& port) {
  return {net::Ipv4Address(127, 0, 0, 1), port.port()};
}

/// What arrives within a minute, until `count` datagrams are there.
std::vector<std::pair<net::Endpoint, Bytes>> receive(UdpPort& port, UdpPort::Family family, std::size_t count) {
  EventLoop loop;
  std::vector<std::pair<net::Endpoint, Bytes>> out;
  ReadWatch watch(loop, port.fds(family).front(), [&] {
    for (const auto& datagram : port.receive(family))
      out.emplace_back(datagram.from, to_bytes(datagram.octets));
  });
  CHECK(loop.run_until([&] { return out.size() >= count; }, 60s));
  return out;
}

}  // namespace

TEST_CASE("a batch of datagrams of one size and a shorter last one arrives whole and in order") {
  auto a = UdpPort::open(0);
  auto b = UdpPort::open(0);
  REQUIRE(a);
  REQUIRE(b);
  std::vector<Bytes> sent;
  for (std::uint8_t i = 0; i < 40; ++i)
    sent.push_back(octets_of(1200, i));
  sent.push_back(octets_of(7, 99));
  a->send(loopback_of(*b), sent);
  const auto got = receive(*b, UdpPort::Family::ipv4, sent.size());
  REQUIRE(got.size() == sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    CHECK(got[i].second == sent[i]);
    CHECK(got[i].first == loopback_of(*a));
  }
  CHECK(a->counters().get("udp_sent") == sent.size());
  CHECK(b->counters().get("udp_received") == sent.size());
}

TEST_CASE("datagrams of every size up to the largest arrive as they were sent") {
  auto a = UdpPort::open(0);
  auto b = UdpPort::open(0);
  REQUIRE(a);
  REQUIRE(b);
  const std::vector<Bytes> sent{octets_of(1, 1),    octets_of(1400, 2), octets_of(20, 3),    octets_of(1500, 4),
                                octets_of(9000, 5), octets_of(9000, 6), octets_of(60'000, 7)};
  a->send(loopback_of(*b), sent);
  const auto got = receive(*b, UdpPort::Family::ipv4, sent.size());
  REQUIRE(got.size() == sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i)
    CHECK(got[i].second == sent[i]);
}

TEST_CASE("an empty datagram is a datagram") {
  auto a = UdpPort::open(0);
  auto b = UdpPort::open(0);
  REQUIRE(a);
  REQUIRE(b);
  const std::vector<Bytes> sent{octets_of(3, 1), {}, octets_of(3, 2)};
  a->send(loopback_of(*b), sent);
  const auto got = receive(*b, UdpPort::Family::ipv4, 3);
  REQUIRE(got.size() == 3);
  CHECK(got[1].second.empty());
}

TEST_CASE("IPv6 datagrams use the same port number where the host has IPv6") {
  auto a = UdpPort::open(0);
  auto b = UdpPort::open(0);
  REQUIRE(a);
  REQUIRE(b);
  net::Ipv6Address one;
  one.octets[15] = std::byte{1};
  const std::vector<Bytes> sent{octets_of(100, 1)};
  a->send({one, b->port()}, sent);
  if (!a->has_ipv6()) {
    CHECK(a->counters().get("drop_udp_no_ipv6") == 1);
    return;
  }
  if (a->counters().get("udp_sent") == 0) return;  // ::1 is switched off
  const auto got = receive(*b, UdpPort::Family::ipv6, 1);
  REQUIRE(got.size() == 1);
  CHECK(got[0].first == net::Endpoint{one, a->port()});
}

TEST_CASE("a port that is taken is an error of that kind") {
  auto a = UdpPort::open(0);
  REQUIRE(a);
  CHECK(a->port() != 0);
  const auto second = UdpPort::open(a->port());
  REQUIRE_FALSE(second);
  CHECK(second.error().code == std::errc::address_in_use);
}

TEST_CASE("what can't be sent is counted by reason and the rest is sent") {
  auto a = UdpPort::open(0);
  auto b = UdpPort::open(0);
  REQUIRE(a);
  REQUIRE(b);
  const std::vector<Bytes> sent{octets_of(65'530, 1), octets_of(5, 2)};
  a->send(loopback_of(*b), sent);
  const auto got = receive(*b, UdpPort::Family::ipv4, 1);
  REQUIRE(got.size() == 1);
  CHECK(got[0].second == sent[1]);
  CHECK(a->counters().get("drop_udp_too_long") == 1);
  CHECK(a->receive(UdpPort::Family::ipv4).empty());
}

TEST_CASE("a run of segments is equal sizes and at most one shorter at its end") {
  const auto run = [](std::vector<std::size_t> sizes) {
    std::vector<Bytes> datagrams;
    for (const std::size_t size : sizes)
      datagrams.push_back(octets_of(size, 0));
    return segment_run(datagrams);
  };
  CHECK(run({}) == 0);
  CHECK(run({10}) == 1);
  CHECK(run({10, 10, 10}) == 3);
  CHECK(run({10, 10, 5, 10}) == 3);
  CHECK(run({10, 20}) == 1);
  CHECK(run({10, 0, 10}) == 1);
  CHECK(run({0, 0}) == 1);
  CHECK(run(std::vector<std::size_t>(100, 10)) == 64);
  CHECK(run(std::vector<std::size_t>(100, 1400)) == 46);
}

TEST_CASE("joined segments are cut where they were joined") {
  std::vector<UdpPort::Datagram> out;
  const Bytes joined = octets_of(25, 1);
  split_segments({}, joined, 10, out);
  REQUIRE(out.size() == 3);
  CHECK(out[0].octets.size() == 10);
  CHECK(out[2].octets.size() == 5);
  out.clear();
  split_segments({}, joined, 0, out);
  REQUIRE(out.size() == 1);
  CHECK(out[0].octets.size() == 25);
  out.clear();
  split_segments({}, {}, 10, out);
  CHECK(out.size() == 1);
}

TEST_CASE("runs of datagrams arrive one by one in order, with and without what the kernel can join") {
  for (const bool cuts : {true, false}) {
    for (const bool joins : {true, false}) {
      CAPTURE(cuts);
      CAPTURE(joins);
      auto a = UdpPort::open(0, {cuts, joins});
      auto b = UdpPort::open(0, {cuts, joins});
      REQUIRE(a);
      REQUIRE(b);
      CHECK(a->offloads().cuts == cuts);
      const net::Endpoint to{net::Ipv4Address(127, 0, 0, 1), b->port()};
      std::vector<Bytes> buffers;
      std::vector<net::Datagrams> runs;
      std::vector<Bytes> expected;
      // One datagram; several with a short one at the end; many of them, and one more.
      for (const auto& [octets, segment] :
           {std::pair<std::size_t, std::size_t>{30, 30}, {2500, 1000}, {64'000, 1000}, {7, 7}}) {
        Bytes buffer(octets);
        for (std::size_t i = 0; i < octets; ++i)
          buffer[i] = static_cast<std::byte>(i / 100 + runs.size());
        for (std::size_t at = 0; at < octets; at += segment)
          expected.push_back(to_bytes(ByteSpan(buffer).subspan(at, std::min(segment, octets - at))));
        buffers.push_back(std::move(buffer));
        runs.push_back({to, buffers.back(), segment});
      }
      a->send_joined(runs);
      const auto got = receive(*b, UdpPort::Family::ipv4, expected.size());
      REQUIRE(got.size() == expected.size());
      for (std::size_t i = 0; i < got.size(); ++i)
        CHECK(got[i].second == expected[i]);
      CHECK(a->counters().get("udp_sent") == expected.size());
      CHECK(b->counters().get("udp_received") == expected.size());
    }
  }
}

TEST_CASE("where the kernel refuses a segmented call, all arrives, and it is tried again") {
  // One call of one run, which is how the run below leaves; apart, its three datagrams are one call of three.
  const std::vector<Refusal> refusals{{SYS_sendmmsg, 2, 1, EIO}, {SYS_sendmsg, 2, MSG_DONTWAIT | MSG_NOSIGNAL, EIO}};
  auto b = UdpPort::open(0);
  REQUIRE(b);
  auto a = UdpPort::open(0);
  REQUIRE(a);
  Bytes three = octets_of(3000, 7);
  const std::vector<net::Datagrams> runs{{loopback_of(*b), three, 1000}};
  const std::vector<Bytes> batch(3, octets_of(1000, 8));
  const auto send_one = [&] { a->send_joined(runs); };
  const auto send_other = [&] { a->send(loopback_of(*b), batch); };
  for (const std::function<void()>& send : {std::function<void()>(send_one), std::function<void()>(send_other)}) {
    const auto before = a->counters().get("udp_sent");
    if (!with_refusing_kernel(refusals, send)) return;
    CHECK_FALSE(a->offloads().cuts);
    CHECK(a->counters().get("udp_sent") == before + 3);
    CHECK(receive(*b, UdpPort::Family::ipv4, 3).size() == 3);
    for (std::uint32_t i = 0; i < RefusedOffload::shortest; ++i) {
      CHECK_FALSE(a->offloads().cuts);
      send();
      CHECK(receive(*b, UdpPort::Family::ipv4, 3).size() == 3);
    }
    CHECK(a->offloads().cuts);
    send();
    CHECK(receive(*b, UdpPort::Family::ipv4, 3).size() == 3);
    CHECK(a->offloads().cuts);
  }
  CHECK(a->counters().get("drop_udp_send_failed") == 0);
}

TEST_CASE("where the kernel refuses to join what arrives, the port does without") {
  with_refusing_kernel({{SYS_setsockopt, 2, UDP_GRO, ENOPROTOOPT}}, [] {
    auto a = UdpPort::open(0);
    auto b = UdpPort::open(0);
    REQUIRE(a);
    REQUIRE(b);
    CHECK(b->offloads() == UdpPort::Offloads{true, false});
    const std::vector<Bytes> batch(3, octets_of(1000, 8));
    a->send(loopback_of(*b), batch);
    CHECK(receive(*b, UdpPort::Family::ipv4, 3).size() == 3);
  });
}

namespace {

/// With four octets of a number before the rest.
Bytes numbered(std::uint32_t number, std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < 4; ++i)
    out[i] = static_cast<std::byte>(number >> (24U - 8U * i) & 0xffU);
  return out;
}

/// The numbers of what waits at one of a port's sockets.
std::vector<std::uint32_t> numbers_at(UdpPort& port, int fd) {
  std::vector<std::uint32_t> out;
  for (auto runs = port.receive_joined(fd); !runs.empty(); runs = port.receive_joined(fd)) {
    for (const net::Datagrams& run : runs) {
      for (std::size_t at = 0; at < run.octets.size(); at += run.segment)
        out.push_back(
            static_cast<std::uint32_t>(run.octets[at]) << 24U | static_cast<std::uint32_t>(run.octets[at + 1]) << 16U |
            static_cast<std::uint32_t>(run.octets[at + 2]) << 8U | static_cast<std::uint32_t>(run.octets[at + 3]));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("odd numbers come to the doors by the rest of the number, all else to the first socket") {
  // What is sent in one piece goes by its first datagram, as what the kernel joins does.
  auto a = UdpPort::open(0, {.cuts = false});
  auto b = UdpPort::open(0, {}, 4);
  REQUIRE(a);
  REQUIRE(b);
  for (const auto family : {UdpPort::Family::ipv4, UdpPort::Family::ipv6}) {
    if (family == UdpPort::Family::ipv6 && !b->has_ipv6()) continue;
    const net::Endpoint to =
        family == UdpPort::Family::ipv4 ? loopback_of(*b) : net::Endpoint{*net::parse_ipv6_address("::1"), b->port()};
    const auto fds = b->fds(family);
    REQUIRE(fds.size() == 5);
    std::vector<Bytes> sent;
    for (std::uint32_t number = 256; number < 296; ++number)
      sent.push_back(numbered(number, 40 + number % 7 * 10));
    a->send(to, sent);
    for (std::size_t door = 0; door < fds.size(); ++door) {
      const auto numbers = numbers_at(*b, fds[door]);
      CHECK(numbers.size() == (door == 0 ? 20 : 5));
      for (const std::uint32_t number : numbers)
        CHECK(door == (number % 2 == 0 ? 0 : 1 + (number / 2 + number / 16) % 4));
    }
    a->send(to, std::vector<Bytes>{octets_of(3, 0xff)});
    CHECK(b->receive(family).size() == 1);
  }
}

TEST_CASE("a port with doors belongs to one program") {
  auto a = UdpPort::open(0, {}, 4);
  REQUIRE(a);
  for (const unsigned doors : {0U, 4U}) {
    const auto second = UdpPort::open(a->port(), {}, doors);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == std::errc::address_in_use);
  }
}

TEST_CASE(
    "one of two hundred who floods fills a door: control arrives whole, and so do the others but his neighbours") {
  auto a = UdpPort::open(0, {.cuts = false});
  auto hub = UdpPort::open(0, {}, 8);
  REQUIRE(a);
  REQUIRE(hub);
  const auto fds = hub->fds(UdpPort::Family::ipv4);
  REQUIRE(fds.size() == 9);
  constexpr std::uint32_t greedy = 1'001;
  // More than any buffer holds, and nobody reads.
  const std::vector<Bytes> flood(64, numbered(greedy, 1400));
  for (int i = 0; i < 400; ++i)
    a->send(loopback_of(*hub), flood);
  std::vector<Bytes> others;
  for (std::uint32_t member = 0; member < 199; ++member) {
    others.push_back(numbered(20'001 + 2 * member, 100 + member));  // over his lane
    others.push_back(numbered(20'000 + 2 * member, 100 + member));  // over his session
  }
  a->send(loopback_of(*hub), others);
  CHECK(numbers_at(*hub, fds[0]).size() == 199);
  std::size_t flooded = 0;
  std::size_t lanes = 0;
  for (std::size_t door = 1; door < fds.size(); ++door) {
    const auto numbers = numbers_at(*hub, fds[door]);
    const auto of_greedy = static_cast<std::size_t>(std::ranges::count(numbers, greedy));
    flooded += of_greedy;
    if (of_greedy == 0) lanes += numbers.size();
  }
  CHECK(flooded > 0);
  CHECK(flooded < 400 * 64);
  CHECK(lanes >= 199 * 7 / 8);
}
