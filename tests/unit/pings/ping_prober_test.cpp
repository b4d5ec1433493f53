#include "pings/ping_prober.hpp"

#include <map>
#include <set>

#include <doctest/doctest.h>

#include "net/icmp.hpp"

using namespace ipop;
using namespace ipop::pings;

namespace {

constexpr std::uint16_t own = 77;

net::Ipv4Address target(unsigned number) {
  return net::Ipv4Address(0x0a800001U + number);
}

std::vector<net::Ipv4Address> targets(unsigned count) {
  std::vector<net::Ipv4Address> out;
  for (unsigned i = 0; i < count; ++i)
    out.push_back(target(i));
  return out;
}

Bytes reply_to(const PingProber::Send& request, std::uint16_t identifier = own) {
  const auto echo = net::decode_icmp_echo(request.message);
  REQUIRE(echo);
  Bytes out;
  net::encode(net::IcmpEcho{true, identifier, echo->sequence_number, echo->data}, out);
  return out;
}

/// Lets a prober run until it is done; `answer` gets every request at the time when it is sent.
template <class Answer>
TimePoint run(PingProber& prober, TimePoint now, Answer answer) {
  while (const auto next = prober.poll_timeout()) {
    now = std::max(now, *next);
    prober.handle_timeout(now);
    while (const auto request = prober.poll_output())
      answer(now, *request);
  }
  return now;
}

}  // namespace

TEST_CASE("every target is pinged three times, and a run in which all answer ends with the last reply") {
  SeededRng rng(1);
  PingProber prober(TimePoint{}, targets(5), own, {}, rng);
  std::map<net::Ipv4Address, unsigned> seen;
  const TimePoint end = run(prober, TimePoint{}, [&](TimePoint now, const PingProber::Send& request) {
    ++seen[request.to];
    prober.handle_message(now + 20ms, request.to, reply_to(request));
  });
  CHECK(seen.size() == 5);
  for (const auto& [address, count] : seen)
    CHECK(count == 3);
  CHECK(end < TimePoint{} + 3s);
  for (const auto& tally : prober.tallies()) {
    CHECK(tally.received == 3);
    REQUIRE(tally.round_trips);
    CHECK(tally.round_trips->least == 20ms);
    CHECK(tally.round_trips->most == 20ms);
  }
}

TEST_CASE("a silent target is waited for as long as the settings say, and counts as lost") {
  SeededRng rng(2);
  PingProber prober(TimePoint{}, targets(2), own, {50, 1s, 10s}, rng);
  TimePoint last;
  const TimePoint end = run(prober, TimePoint{}, [&](TimePoint now, const PingProber::Send& request) {
    last = now;
    if (request.to == target(0)) prober.handle_message(now + 1ms, request.to, reply_to(request));
  });
  CHECK(end == last + 10s);
  CHECK(prober.tallies()[0].received == 3);
  CHECK(prober.tallies()[1].received == 0);
  CHECK_FALSE(prober.tallies()[1].round_trips);
}

TEST_CASE("a thousand members are pinged at the rate that was set, in an order drawn by chance") {
  SeededRng rng(3);
  PingProber prober(TimePoint{}, targets(1000), own, {50, 1s, 10s}, rng);
  std::map<std::int64_t, unsigned> by_second;
  std::vector<net::Ipv4Address> order;
  std::map<net::Ipv4Address, TimePoint> previous;
  run(prober, TimePoint{}, [&](TimePoint now, const PingProber::Send& request) {
    ++by_second[std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count()];
    if (order.size() < 1000) order.push_back(request.to);
    const auto it = previous.find(request.to);
    if (it != previous.end() && now - it->second < 1s) FAIL("two requests to one target within a second");
    previous[request.to] = now;
    prober.handle_message(now + 5ms, request.to, reply_to(request));
  });
  for (const auto& [second, count] : by_second)
    CHECK(count <= 50);
  CHECK(prober.received() == 3000);
  CHECK(std::set(order.begin(), order.end()).size() == 1000);
  CHECK_FALSE(std::ranges::is_sorted(order));
}

TEST_CASE("a reply counts once, from the right address, with the right octets, and in time") {
  SeededRng rng(4);
  PingProber prober(TimePoint{}, targets(1), own, {50, 1s, 10s}, rng);
  const TimePoint now{};
  prober.handle_timeout(now);
  const auto request = prober.poll_output();
  REQUIRE(request);
  const Bytes reply = reply_to(*request);

  prober.handle_message(now, target(9), reply);
  prober.handle_message(now, request->to, reply_to(*request, own + 1));
  prober.handle_message(now, request->to, request->message);
  Bytes forged;
  net::encode(net::IcmpEcho{true, own, 0, Bytes(PingProber::data_octets)}, forged);
  prober.handle_message(now, request->to, forged);
  for (const unsigned sequence : {1U, 2U, 3U, 65'535U}) {
    Bytes other;
    net::encode(net::IcmpEcho{true, own, static_cast<std::uint16_t>(sequence), net::decode_icmp_echo(reply)->data},
                other);
    prober.handle_message(now, request->to, other);
  }
  CHECK(prober.counters().get("drop_ping_foreign") == 8);
  for (std::size_t length = 0; length < reply.size(); ++length)
    prober.handle_message(now, request->to, ByteSpan(reply).first(length));
  CHECK(prober.received() == 0);

  prober.handle_message(now + 11s, request->to, reply);
  CHECK(prober.counters().get("drop_ping_late") == 1);
  prober.handle_message(now + 10s, request->to, reply);
  CHECK(prober.received() == 1);
  prober.handle_message(now + 10s, request->to, reply);
  CHECK(prober.counters().get("drop_ping_repeated") == 1);
  CHECK(prober.tallies()[0].received == 1);
  CHECK(prober.tallies()[0].round_trips->mean == 10s);
}

TEST_CASE("a loop that comes late sends no burst") {
  SeededRng rng(5);
  PingProber prober(TimePoint{}, targets(100), own, {}, rng);
  prober.handle_timeout(TimePoint{} + 60s);
  std::size_t count = 0;
  while (prober.poll_output())
    ++count;
  CHECK(count == 1);
}

TEST_CASE("with nobody to ping a run is over at once") {
  SeededRng rng(6);
  const PingProber prober(TimePoint{}, {}, own, {}, rng);
  CHECK(prober.done());
}
