#include "io/tap_device.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "io/event_loop.hpp"
#include "io/netlink.hpp"
#include "io/system_clock.hpp"
#include "net/checksum.hpp"
#include "own_network.hpp"
#include "refusing_kernel.hpp"

using namespace ipop;
using namespace ipop::io;

namespace {

const net::MacAddress mac({std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{7}});

/// Who has 10.128.0.7? Tell 10.128.0.9, of 02:00:00:00:00:09 (RFC 826).
Bytes arp_request() {
  return *parse_hex(
      "ffffffffffff0200000000090806"
      "0001080006040001"
      "020000000009"
      "0a800009"
      "000000000000"
      "0a800007");
}

/// An echo request from 10.128.0.9 to 10.128.0.7 (RFC 792).
Bytes ping(std::uint16_t number, std::size_t payload) {
  Bytes out = *parse_hex(
      "4500000000000000400100000a8000090a800007"
      "0800000000010000");
  out.resize(out.size() + payload);
  const auto put = [&](std::size_t at, std::uint16_t value) {
    out[at] = static_cast<std::byte>(value >> 8);
    out[at + 1] = static_cast<std::byte>(value & 0xff);
  };
  put(2, static_cast<std::uint16_t>(out.size()));
  put(26, number);
  put(10, net::internet_checksum(ByteSpan(out).first(20)));
  put(22, net::internet_checksum(ByteSpan(out).subspan(20)));
  return out;
}

/// Number and length of the IP packet.
std::optional<std::pair<unsigned, std::size_t>> ping_answer(ByteSpan frame) {
  if (frame.size() < 42 || to_hex(frame.subspan(12, 2)) != "0800" || to_hex(frame.subspan(23, 1)) != "01") return {};
  if (to_hex(frame.subspan(34, 2)) != "0000") return {};
  const auto number = (std::to_integer<unsigned>(frame[40]) << 8) | std::to_integer<unsigned>(frame[41]);
  const auto length = (std::to_integer<std::size_t>(frame[16]) << 8) | std::to_integer<std::size_t>(frame[17]);
  return std::pair(number, length);
}

bool is_arp_reply(ByteSpan frame) {
  return frame.size() >= 22 && to_hex(frame.subspan(12, 2)) == "0806" && to_hex(frame.subspan(20, 2)) == "0002";
}

/// Whether the kernel behind the TAP answers what `ask` writes. Asked again, as a guest does: until the kernel has
/// noticed that somebody holds the interface anew, it drops what it would send.
bool answers_arp(TapDevice& tap, const std::function<void()>& ask) {
  EventLoop loop;
  bool replied = false;
  LoopTimer again(loop, [&] {
    ask();
    again.arm(monotonic_now() + 200ms);
  });
  again.arm(monotonic_now());
  ReadWatch watch(loop, tap.fd(), [&] {
    for (const net::TapFrame& got : tap.read())
      replied = replied || is_arp_reply(got.octets);
  });
  return loop.run_until([&] { return replied; }, 60s);
}

}  // namespace

TEST_CASE("frames go both ways through a TAP, and it vanishes when it is closed") {
  in_own_network([] {
    unsigned index = 0;
    {
      auto tap = TapDevice::open({"tap7", 1400, mac});
      REQUIRE(tap);
      CHECK(tap->name() == "tap7");
      index = tap->index();
      CHECK(index != 0);
      REQUIRE(add_address(index, net::Ipv4Address(10, 128, 0, 7), 24));
      const std::vector<Bytes> frames{arp_request()};
      tap->write(frames);
      EventLoop loop;
      std::optional<Bytes> reply;
      ReadWatch watch(loop, tap->fd(), [&] {
        for (const net::TapFrame& frame : tap->read()) {
          if (is_arp_reply(frame.octets)) reply = to_bytes(frame.octets);
        }
      });
      CHECK(loop.run_until([&] { return reply.has_value(); }, 60s));
      REQUIRE(reply);
      CHECK(equal(ByteSpan(*reply).subspan(6, 6), mac.octets()));
      CHECK(tap->counters().get("tap_written") == 1);
      CHECK(tap->counters().get("tap_read") >= 1);
    }
    const auto left = list_addresses();
    REQUIRE(left);
    CHECK(std::ranges::none_of(*left, [](const auto& entry) { return entry.interface == "tap7"; }));
  });
}

TEST_CASE("a frame in pieces is one frame, with and without offloads") {
  in_own_network([] {
    for (const bool offloads : {true, false}) {
      CAPTURE(offloads);
      auto tap = TapDevice::open({"tap7", 1400, mac, offloads});
      REQUIRE(tap);
      CHECK(tap->offloads().headers == offloads);
      CHECK(tap->offloads().tcp == offloads);
      REQUIRE(add_address(tap->index(), net::Ipv4Address(10, 128, 0, 7), 24));
      const Bytes whole = arp_request();
      net::JoinedFrame frame;
      std::ranges::copy(ByteSpan(whole).first(frame.ethernet.size()), frame.ethernet.begin());
      const std::array<ByteSpan, 2> pieces = {ByteSpan(whole).subspan(14, 9), ByteSpan(whole).subspan(23)};
      frame.packet = pieces;
      CHECK(answers_arp(*tap, [&] { tap->write(std::span(&frame, 1)); }));
    }
  });
}

TEST_CASE("where the kernel refuses offloads, a TAP does with what is left, and passes frames") {
  struct Case {
    std::vector<Refusal> refusals;
    TapDevice::Offloads left;
  };
  const auto asked = [](std::uint32_t flags) { return Refusal{SYS_ioctl, 2, flags, EINVAL}; };
  const Refusal all = asked(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN | 0x60U);  // with UDP, before Linux 6.2
  const Refusal ecn = asked(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN);
  const Refusal tcp = asked(TUN_F_CSUM | TUN_F_TSO4);
  const Refusal checksums = asked(TUN_F_CSUM);
  const Refusal headers{SYS_ioctl, 1, TUNGETFEATURES, EINVAL};
  const std::vector<Case> cases{{{all}, {true, true, true, false}},
                                {{all, ecn}, {true, true, true, false}},
                                {{all, ecn, tcp}, {true, true, false, false}},
                                {{all, ecn, tcp, checksums}, {true, false, false, false}},
                                {{headers}, {false, false, false, false}}};
  in_own_network([&] {
    for (const Case& it : cases) {
      with_refusing_kernel(it.refusals, [&] {
        auto tap = TapDevice::open({"tap7", 1400, mac});
        REQUIRE(tap);
        CHECK(tap->offloads() == it.left);
        REQUIRE(add_address(tap->index(), net::Ipv4Address(10, 128, 0, 7), 24));
        const std::vector<Bytes> frames{arp_request()};
        CHECK(answers_arp(*tap, [&] { tap->write(frames); }));
      });
    }
  });
}

TEST_CASE("an interface that somebody made persistent is used with and without offloads, and left as it was") {
  in_own_network([] {
    REQUIRE(std::system("ip tuntap add dev tap8 mode tap && ip addr add 10.128.0.7/24 dev tap8") == 0);
    for (const bool offloads : {true, false, true}) {
      CAPTURE(offloads);
      auto tap = TapDevice::open({"tap8", 1400, {}, offloads});
      REQUIRE(tap);
      CHECK(tap->offloads().tcp == offloads);
      const std::vector<Bytes> frames{arp_request()};
      CHECK(answers_arp(*tap, [&] { tap->write(frames); }));
    }
    CHECK(std::system("ethtool -k tap8 | grep -q '^tcp-segmentation-offload: off'") == 0);
  });
}

TEST_CASE("a program that was killed leaves nothing of its offloads to one that wants none") {
  in_own_network([] {
    REQUIRE(std::system("ip tuntap add dev tap8 mode tap") == 0);
    {
      const UniqueFd killed(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
      ifreq request{};
      std::strcpy(request.ifr_name, "tap8");
      request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
      REQUIRE(::ioctl(killed.get(), TUNSETIFF, &request) == 0);
      REQUIRE(::ioctl(killed.get(), TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4) == 0);
    }
    const auto tap = TapDevice::open({"tap8", 1400, {}, false});
    REQUIRE(tap);
    CHECK(std::system("ethtool -k tap8 | grep -q '^tcp-segmentation-offload: off'") == 0);
  });
}

TEST_CASE("an address is put on an interface once, listed with its network, and taken away") {
  in_own_network([] {
    auto tap = TapDevice::open({"tap7", 1400, mac});
    REQUIRE(tap);
    const net::Ipv4Address address(10, 128, 0, 7);
    REQUIRE(add_address(tap->index(), address, 9));
    CHECK(add_address(tap->index(), address, 9));
    const auto listed = list_addresses();
    REQUIRE(listed);
    const auto found = std::ranges::find_if(*listed, [&](const auto& entry) {
      return entry.address == std::variant<net::Ipv4Address, net::Ipv6Address>(address);
    });
    REQUIRE(found != listed->end());
    CHECK(found->interface == "tap7");
    CHECK(found->ipv4_prefix() == net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9));
    CHECK(remove_address(tap->index(), address, 9));
    CHECK(remove_address(tap->index(), address, 9));
    CHECK_FALSE(add_address(12345, address, 9));
  });
}

TEST_CASE("the monitor calls when an address comes") {
  in_own_network([] {
    EventLoop loop;
    int calls = 0;
    auto monitor = AddressMonitor::open(loop, [&] { ++calls; });
    REQUIRE(monitor);
    auto tap = TapDevice::open({"tap7", 1400, mac});
    REQUIRE(tap);
    CHECK(loop.run_until([&] { return calls > 0; }, 60s));
    calls = 0;
    REQUIRE(add_address(tap->index(), net::Ipv4Address(10, 128, 0, 7), 9));
    CHECK(loop.run_until([&] { return calls > 0; }, 60s));
  });
}

TEST_CASE("a TAP that is held, or an interface that is none, is an error that says what to do") {
  in_own_network([] {
    auto tap = TapDevice::open({"tap7", 1400, {}});
    REQUIRE(tap);
    const auto second = TapDevice::open({"tap7", 1400, {}});
    REQUIRE_FALSE(second);
    CHECK(second.error().code == std::errc::device_or_resource_busy);
    CHECK(second.error().context.find("--tap") != std::string::npos);
    const auto loopback = TapDevice::open({"lo", 1400, {}});
    REQUIRE_FALSE(loopback);
    CHECK(loopback.error().code == std::errc::invalid_argument);
  });
}

TEST_CASE("frames by the hundred come and go in their order, with one system call for each and with one for many") {
  in_own_network([] {
    // The kernel's own order: what is written from one processor is answered there, one after the other.
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<unsigned>(sched_getcpu()), &one);
    REQUIRE(sched_setaffinity(0, sizeof(one), &one) == 0);
    for (const bool uring : {true, false}) {
      for (const bool offloads : {true, false}) {
        CAPTURE(uring);
        CAPTURE(offloads);
        auto tap = TapDevice::open({"tap7", 1400, mac, offloads, false, uring});
        REQUIRE(tap);
        if (uring && !tap->has_uring()) MESSAGE("no io_uring here: its part is not tried");
        CHECK_FALSE((tap->has_uring() && !uring));
        REQUIRE(add_address(tap->index(), net::Ipv4Address(10, 128, 0, 7), 24));
        const std::vector<Bytes> request{arp_request()};
        CHECK(answers_arp(*tap, [&] { tap->write(request); }));
        while (!tap->is_drained())
          (void)tap->read();
        // What the kernel is sent as pings it answers with the same numbers, in the same order.
        constexpr std::size_t number = 200;
        std::vector<Bytes> packets;
        for (std::size_t i = 0; i < number; ++i)
          packets.push_back(ping(static_cast<std::uint16_t>(i), i % 7 == 0 ? 1300 : i % 60));
        std::vector<ByteSpan> pieces(packets.begin(), packets.end());
        std::vector<net::JoinedFrame> frames(number);
        const Bytes ethernet = *parse_hex("0200000000070200000000090800");
        for (std::size_t i = 0; i < number; ++i) {
          std::ranges::copy(ethernet, frames[i].ethernet.begin());
          frames[i].packet = std::span(pieces).subspan(i, 1);
        }
        const auto written = tap->counters().get("tap_written");
        tap->write(frames);
        CHECK(tap->counters().get("tap_written") == written + number);
        std::vector<std::pair<unsigned, std::size_t>> answers;
        EventLoop loop;
        ReadWatch watch(loop, tap->fd(), [&] {
          for (bool more = true; more; more = !tap->is_drained()) {
            for (const net::TapFrame& got : tap->read()) {
              if (const auto answer = ping_answer(got.octets)) answers.push_back(*answer);
            }
          }
        });
        CHECK(loop.run_until([&] { return answers.size() == number; }, 60s));
        REQUIRE(answers.size() == number);
        for (std::size_t i = 0; i < number; ++i)
          CHECK(answers[i] == std::pair(static_cast<unsigned>(i), packets[i].size()));
      }
    }
  });
}

TEST_CASE("a TAP of several queues is one program's, whoever made it and however it is asked for") {
  in_own_network([] {
    REQUIRE(std::system("ip tuntap add dev tap8 mode tap multi_queue") == 0);
    for (const std::string name : {"tap7", "tap8"}) {
      for (const bool queues : {true, false}) {
        CAPTURE(name);
        CAPTURE(queues);
        auto tap = TapDevice::open({name, 1400, {}, true, queues});
        REQUIRE(tap);
        CHECK(tap->another());
        for (const bool second_queues : {true, false}) {
          const auto second = TapDevice::open({name, 1400, {}, true, second_queues});
          REQUIRE_FALSE(second);
          CHECK(second.error().code == std::errc::device_or_resource_busy);
        }
      }
    }
  });
}

TEST_CASE("one queue that somebody made persistent is used by however many hands") {
  in_own_network([] {
    REQUIRE(std::system("ip tuntap add dev tap8 mode tap") == 0);
    auto tap = TapDevice::open({"tap8", 1400, {}, true, true});
    REQUIRE(tap);
    CHECK(tap->another());
    CHECK_FALSE(TapDevice::open({"tap8", 1400, {}, true, true}));
  });
}

TEST_CASE("a name that no interface can have is refused before anything is opened") {
  for (const char* name : {"", "sixteen-letters-", "a/b", "a b", "a:b", "tap%d"}) {
    const auto refused = TapDevice::open({name, 1400, {}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == std::errc::invalid_argument);
  }
}

TEST_CASE("an interface is asked for by its index, brought up again, and is none once it is deleted") {
  in_own_network([] {
    auto tap = TapDevice::open({"tap7", 1400, mac});
    REQUIRE(tap);
    const auto state = find_interface(tap->index());
    REQUIRE(state);
    REQUIRE(*state);
    CHECK((*state)->name == "tap7");
    CHECK((*state)->is_up);
    CHECK((*state)->mtu == 1400);
    REQUIRE(bring_up(tap->index(), 1280));
    CHECK((*find_interface(tap->index()))->mtu == 1280);
    const unsigned index = tap->index();
    { const TapDevice closed = *std::move(tap); }
    const auto gone = find_interface(index);
    REQUIRE(gone);
    CHECK_FALSE(*gone);
    CHECK_FALSE(bring_up(index, 1280));
  });
}

TEST_CASE("addresses on the TAP of any node are told from others, whoever looks") {
  in_own_network([] {
    auto tap = TapDevice::open({"tap7", 1400, mac});
    REQUIRE(tap);
    REQUIRE(add_address(tap->index(), net::Ipv4Address(10, 128, 0, 7), 9));
    const auto is_marked = [] {
      const auto all = list_addresses();
      REQUIRE(all);
      return std::ranges::any_of(*all, [](const auto& entry) { return entry.of_node && entry.interface == "tap7"; });
    };
    CHECK(is_marked());
    REQUIRE(mark_of_node(tap->index(), false));
    CHECK_FALSE(is_marked());
  });
}
