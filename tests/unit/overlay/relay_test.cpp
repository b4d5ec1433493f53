// What goes through a member: how much, how fair, and what the ends learn of it.

#include "overlay/relay.hpp"

#include <doctest/doctest.h>

#include "overlay/relay_queue.hpp"
#include "overlay/relay_rate.hpp"
#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;
using test_support::symmetric;

namespace {

constexpr std::size_t packet_octets = 1250;

std::vector<Bytes> packets_of(std::size_t count, std::size_t octets = packet_octets) {
  return std::vector<Bytes>(count, Bytes(octets, std::byte{1}));
}

/// Everything that may go until `until`, by sender.
std::map<NodeId, std::size_t> drain(RelayQueue& queue, TimePoint now, std::uint64_t rate) {
  std::map<NodeId, std::size_t> out;
  while (const auto batch = queue.take(now, rate)) {
    for (const Bytes& packet : batch->packets)
      out[batch->source] += packet.size();
  }
  return out;
}

/// Two nodes behind NATs that let no direct link be, and a public member between.
struct Relayed {
  explicit Relayed(std::uint64_t seed, std::size_t pairs = 1) : ring(seed, {.latency = 20ms}) {
    ring.add_public();
    for (std::size_t i = 0; i < 2 * pairs; ++i)
      ends.push_back(ring.add_behind(symmetric(), 300ms));
    ring.network.run_for(20s);
    for (std::size_t i = 0; i < ends.size(); i += 2)
      ring.want(ends[i], ends[i + 1]);
    ring.network.run_for(10s);
    for (std::size_t i = 0; i < ends.size(); i += 2)
      REQUIRE(ring.are_linked(ends[i], ends[i + 1], false));
  }

  struct Loss {
    std::size_t sent = 0;
    std::size_t arrived = 0;
    [[nodiscard]] double ratio() const {
      return 1.0 - static_cast<double>(arrived) / static_cast<double>(std::max<std::size_t>(sent, 1));
    }
  };
  /// The first end of pair `pair` sends for so long; batches every 10 ms.
  Loss flood(std::uint64_t octets_a_second, Duration time, std::size_t pair = 0) {
    return flood_all(octets_a_second, time, {pair}).front();
  }
  std::vector<Loss> flood_all(std::uint64_t octets_a_second, Duration time, const std::vector<std::size_t>& pairs) {
    std::vector<Loss> out(pairs.size());
    std::vector<std::size_t> before;
    for (const std::size_t pair : pairs)
      before.push_back(ring[ends[2 * pair + 1]].packets.size());
    Bytes packet(packet_octets, std::byte{7});
    packet[0] = std::byte{0x45};
    const std::vector<ByteSpan> batch(octets_a_second / 100 / packet_octets, ByteSpan(packet));
    const TimePoint end = ring.network.now() + time;
    while (ring.network.now() < end) {
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        const std::size_t from = ends[2 * pairs[i]];
        out[i].sent += batch.size();
        static_cast<void>(
            ring[from].overlay().send_over_link(ring.network.now(), ring.ids[ends[2 * pairs[i] + 1]], batch));
        ring.network.drain(ring.host_ids[from]);
      }
      ring.network.run_for(10ms);
    }
    ring.network.run_for(1s);
    for (std::size_t i = 0; i < pairs.size(); ++i)
      out[i].arrived = ring[ends[2 * pairs[i] + 1]].packets.size() - before[i];
    return out;
  }
  [[nodiscard]] Overlay& relay() { return ring[0].overlay(); }
  [[nodiscard]] PairReport report(std::size_t from, std::size_t to) {
    return ring[ends[from]].overlay().report(ring.network.now(), ring.ids[ends[to]]);
  }

  SimRing ring;
  std::vector<std::size_t> ends;
};

}  // namespace

TEST_CASE("the load that a relay tells changes when it is fourfold or a quarter, and below 16 KiB/s it is none") {
  const auto tell = [](unsigned told, unsigned load) {
    return load_to_tell(static_cast<std::uint8_t>(told), static_cast<std::uint8_t>(load));
  };
  for (unsigned load = 0; load < 5; ++load)
    CHECK(tell(0, load) == 0);
  CHECK(tell(0, 5) == 5);
  CHECK(tell(5, 6) == 5);
  CHECK(tell(5, 7) == 7);
  CHECK(tell(7, 6) == 7);
  CHECK(tell(8, 6) == 6);
  CHECK(tell(5, 4) == 5);  // it may come back
  CHECK(tell(5, 3) == 0);
  CHECK(tell(31, 0) == 0);
}

TEST_CASE("a relayed pair that sends 100 Mbit/s loses little, and both ends know what was lost") {
  Relayed pair(81);
  const auto loss = pair.flood(12'500'000, 6s);
  MESSAGE("lost " << 100.0 * loss.ratio() << " % of " << loss.sent << " packets");
  // What is lost is lost before the relay knows how much it can pass on.
  CHECK(loss.ratio() < 0.15);
  const auto later = pair.flood(12'500'000, 2s);
  CHECK(later.ratio() < 0.001);
  CHECK(pair.ring.are_linked(pair.ends[0], pair.ends[1], false));
}

TEST_CASE("a relay shapes to its limit: it delays, drops what is too much, and tells both ends") {
  Relayed pair(82);
  pair.ring.network.set_uplink(pair.ring.host_ids[0], 2'500'000, 1'000'000);
  const auto loss = pair.flood(5'000'000, 20s);
  MESSAGE("lost " << 100.0 * loss.ratio() << " %");
  CHECK(loss.ratio() < 0.75);
  const Counters relay = pair.relay().counters();
  CHECK(relay.get("relay_delayed") > 0);
  CHECK(relay.get("drop_relay_full") > 0);
  for (const auto& report : {pair.report(0, 1), pair.report(1, 0)}) {
    CHECK(report.shaped.relay == pair.ring.ids[0]);
    CHECK(report.shaped.delayed > 0);
    CHECK(report.shaped.dropped > 0);
  }
  CHECK(pair.ring[pair.ends[0]].overlay().counters().get("dropped_by_relay") > 0);
  // Dropped probes are no sign of a dead path, save those that the line itself dropped while the relay did not know it.
  CHECK(pair.ring[pair.ends[0]].overlay().counters().get("paths_failing") <= 1);
  CHECK(pair.ring.are_linked(pair.ends[0], pair.ends[1], false));
}

TEST_CASE("a pair that floods a relay leaves another pair its share") {
  double most = 0.0;
  for (std::uint64_t seed = 81; seed <= 83; ++seed) {
    CAPTURE(seed);
    Relayed pairs(seed, 2);
    pairs.ring.network.set_uplink(pairs.ring.host_ids[0], 2'500'000, 1'000'000);
    pairs.flood(10'000'000, 8s, 0);
    // The line is known: one pair asks for a tenth of it while the other asks for four times as much as there is.
    Relayed::Loss modest;
    Bytes packet(packet_octets, std::byte{7});
    packet[0] = std::byte{0x45};
    const std::vector<ByteSpan> much(80, ByteSpan(packet));
    const std::size_t before = pairs.ring[pairs.ends[3]].packets.size();
    for (int i = 0; i < 500; ++i) {
      static_cast<void>(pairs.ring[pairs.ends[0]].overlay().send_over_link(pairs.ring.network.now(),
                                                                           pairs.ring.ids[pairs.ends[1]], much));
      pairs.ring.network.drain(pairs.ring.host_ids[pairs.ends[0]]);
      static_cast<void>(pairs.ring[pairs.ends[2]].overlay().send_over_link(
          pairs.ring.network.now(), pairs.ring.ids[pairs.ends[3]], std::span(much).first(2)));
      pairs.ring.network.drain(pairs.ring.host_ids[pairs.ends[2]]);
      modest.sent += 2;
      pairs.ring.network.run_for(10ms);
    }
    pairs.ring.network.run_for(1s);
    modest.arrived = pairs.ring[pairs.ends[3]].packets.size() - before;
    most = std::max(most, modest.ratio());
    // The flooding pair loses nine tenths.
    CHECK(modest.ratio() < 0.01);
  }
  MESSAGE("the modest pair lost at the most " << 100.0 * most << " %");
}

TEST_CASE("S19: a limit that a person set is kept, all pairs together") {
  RelayRate rate(75, 1'000'000);
  CHECK(rate.rate() == 1'000'000);
  TimePoint now{};
  for (int i = 0; i < 100; ++i) {
    now += 1s;
    rate.handle_limiting(now);
  }
  CHECK(rate.rate() == 1'000'000);
  RelayQueue queue;
  std::size_t octets = 0;
  const TimePoint begin = now;
  while (now < begin + 5s) {
    for (std::uint8_t peer = 1; peer <= 10; ++peer)
      queue.put(now, id_at(peer), id_at(100), packets_of(10));
    for (const auto& [source, taken] : drain(queue, now, rate.rate()))
      octets += taken;
    now += 10ms;
  }
  CHECK(octets > 4'900'000);
  CHECK(octets < 5'100'000);
}

TEST_CASE("S19: senders share a relay evenly, and many pairs of one sender win him nothing") {
  RelayQueue queue;
  TimePoint now{};
  std::map<NodeId, std::size_t> sent;
  for (int i = 0; i < 500; ++i) {
    for (std::uint8_t to = 100; to < 120; ++to)
      queue.put(now, id_at(1), id_at(to), packets_of(4));
    queue.put(now, id_at(2), id_at(100), packets_of(80));
    queue.put(now, id_at(3), id_at(100), packets_of(4, 100));
    for (const auto& [source, octets] : drain(queue, now, 5'000'000))
      sent[source] += octets;
    now += 10ms;
  }
  const auto a = static_cast<double>(sent[id_at(1)]);
  const auto b = static_cast<double>(sent[id_at(2)]);
  MESSAGE("20 pairs " << a << ", one pair " << b);
  CHECK(a < 1.1 * b);
  CHECK(b < 1.1 * a);
  CHECK(sent[id_at(3)] == 500 * 400);  // who asks for less than his share gets all of it
  CHECK(queue.dropped() > 0);
}

TEST_CASE("of 200 members one who floods a relay takes nothing from the others, nor from their control") {
  RelayQueue queue;
  TimePoint now{};
  std::map<NodeId, std::size_t> sent;
  const NodeId greedy = id_at(200);
  for (int i = 0; i < 220; ++i) {
    queue.put(now, greedy, id_at(1), packets_of(200));
    // What they sent last has the time of a few turns.
    for (std::uint8_t member = 1; member < 200 && i < 200; ++member) {
      queue.put(now, id_at(member), greedy, packets_of(1, 100));
      queue.put(now, id_at(member), greedy, packets_of(1, 60), true);
    }
    for (const auto& [source, octets] : drain(queue, now, 5'000'000))
      sent[source] += octets;
    now += 10ms;
  }
  for (std::uint8_t member = 1; member < 200; ++member)
    CHECK(sent[id_at(member)] == 200 * 160);
  CHECK(sent[greedy] > 0);
  CHECK(queue.dropped() > 0);
}

TEST_CASE("control packets of a pair come through whatever it sends, and win it nothing") {
  RelayQueue queue;
  TimePoint now{};
  std::size_t control = 0;
  std::size_t data = 0;
  std::size_t cheat = 0;
  for (int i = 0; i < 500; ++i) {
    // Eight times what the relay allows; the second pair calls all of it control.
    queue.put(now, id_at(1), id_at(100), packets_of(80));
    queue.put(now, id_at(1), id_at(100), packets_of(1, 1201), true);
    queue.put(now, id_at(2), id_at(100), packets_of(80), true);
    while (const auto batch = queue.take(now, 2'000'000)) {
      if (batch->source == id_at(2)) CHECK_FALSE(batch->has_data);
      for (const Bytes& packet : batch->packets) {
        if (batch->source == id_at(1) && packet.size() != 1201) CHECK(batch->has_data);
        if (batch->source == id_at(2)) {
          cheat += packet.size();
        } else {
          (packet.size() == 1201 ? control : data) += packet.size();
        }
      }
    }
    now += 10ms;
  }
  CHECK(control >= 499 * 1201);  // the last may wait
  CHECK(data > 0);
  CHECK(static_cast<double>(cheat) < 1.05 * static_cast<double>(control + data));
}

TEST_CASE("nothing waits in a relay for longer than a quarter of a second, and its memory is bounded") {
  RelayQueue queue;
  TimePoint now{};
  for (unsigned i = 0; i < 3000; ++i) {
    const NodeId source = id_at(static_cast<std::uint8_t>(i % 250 + 1), static_cast<std::uint8_t>(i / 250));
    queue.put(now, source, id_at(255), packets_of(20, 10'000));
  }
  std::size_t octets = 0;
  for (const auto& [source, taken] : drain(queue, now, 1'000'000'000'000))
    octets += taken;
  CHECK(octets <= RelayQueue::octets_in_all);
  CHECK(octets > RelayQueue::octets_in_all / 2);
  CHECK(queue.is_empty());
  CHECK_FALSE(queue.deadline(RelayRate::least));

  queue.put(now, id_at(1), id_at(2), packets_of(100));
  drain(queue, now, RelayRate::least);
  CHECK(queue.deadline(RelayRate::least));
  now += RelayQueue::longest_wait + 1ms;
  const std::uint64_t before = queue.dropped();
  drain(queue, now, RelayRate::least);
  CHECK(queue.dropped() > before);
  CHECK(queue.is_empty());
  CHECK(queue.take_reports().size() <= RelayQueue::max_pairs);
}

TEST_CASE("a relay's rate grows while it holds packets back, and falls to a share of the line when that is full") {
  RelayRate rate(50, 0);
  TimePoint now{};
  const auto pass = [&](Duration time, Duration round_trip) {
    for (const TimePoint end = now + time; now < end; now += 50ms) {
      rate.handle_sent(now, 500'000);  // 10 MB/s
      rate.handle_limiting(now);
      rate.handle_round_trip(now, id_at(1), round_trip, true);
      rate.handle_round_trip(now, id_at(2), round_trip, true);
      rate.handle_round_trip(now, id_at(3), 20ms, true);  // one whose way is another
    }
  };
  pass(2s, 20ms);
  CHECK(rate.rate() >= 8 * RelayRate::first);
  pass(100ms, 400ms);
  CHECK(rate.rate() > 4'500'000);
  CHECK(rate.rate() <= 5'250'000);
  pass(50s, 20ms);
  CHECK(rate.rate() <= 5'250'000);
  // Tried again after a while.
  pass(20s, 20ms);
  CHECK(rate.rate() > 6'000'000);
  pass(60s, 400ms);
  CHECK(rate.rate() >= RelayRate::least);
  CHECK(rate.rate() < 3'000'000);
}

TEST_CASE("a relay's rate that no round trip shows to be good is taken back") {
  RelayRate rate(75, 0);
  TimePoint now{};
  const auto limit = [&](Duration time) {
    std::uint64_t most = 0;
    for (const TimePoint end = now + time; now < end; now += 50ms) {
      rate.handle_sent(now, 500'000);
      rate.handle_limiting(now);
      most = std::max(most, rate.rate());
    }
    return most;
  };
  // All pings are lost: it is tried again and again, and never beyond.
  CHECK(limit(20s) == 2 * RelayRate::first);
  limit(1600ms);
  // One that went out before the rate grew shows nothing.
  rate.handle_round_trip(now, id_at(1), 5s, true);
  CHECK(limit(3s) == 2 * RelayRate::first);
  for (int i = 0; i < 60; ++i) {
    now += 50ms;
    rate.handle_limiting(now);
    rate.handle_round_trip(now, id_at(1), 20ms, true);
  }
  CHECK(rate.rate() > 8 * RelayRate::first);
}

TEST_CASE("a relay's rate does not fall further while what queued up in the line drains") {
  RelayRate rate(75, 0);
  TimePoint now{};
  const auto pass = [&](Duration time, auto round_trip) {
    for (const TimePoint end = now + time; now < end; now += 100ms) {
      rate.handle_sent(now, 250'000);
      rate.handle_round_trip(now, id_at(1), round_trip(now), true);
    }
  };
  pass(2s, [](TimePoint) { return 20ms; });
  const TimePoint full = now;
  pass(100ms, [](TimePoint) { return 440ms; });
  const std::uint64_t first = rate.rate();
  CHECK(first < RelayRate::first);
  pass(4s, [&](TimePoint at) { return std::max<Duration>(20ms, 440ms - (at - full) / 8); });
  CHECK(rate.rate() == first);
  pass(4s, [](TimePoint) { return 440ms; });
  CHECK(rate.rate() < first);
}

TEST_CASE("one slow peer does not slow a relay down for all others") {
  RelayRate rate(75, 0);
  TimePoint now{};
  for (int i = 0; i < 200; ++i) {
    now += 50ms;
    rate.handle_sent(now, 100'000);
    rate.handle_limiting(now);
    rate.handle_round_trip(now, id_at(1), i < 20 ? 20ms : 2s, true);
    rate.handle_round_trip(now, id_at(2), 20ms, true);
  }
  CHECK(rate.rate() > 20 * RelayRate::first);
}
