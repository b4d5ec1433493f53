#include "dataplane/worker.hpp"

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "checked_worker.hpp"
#include "crypto/session.hpp"
#include "net/vnet_header.hpp"
#include "support/open_aead.hpp"

using namespace ipop;
using namespace ipop::dataplane;
using fuzz::CheckedWorker;
using fuzz::require;

namespace {

enum Place : std::size_t { left, relay, right, places };

const net::MacAddress own_mac({std::byte{0xfe}, std::byte{0xfd}, {}, {}, {}, {}});
const net::MacAddress guest_mac({std::byte{2}, {}, {}, {}, {}, std::byte{9}});

NodeId id_of(std::size_t place) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = static_cast<std::byte>(place + 1);
  return NodeId(octets);
}
net::Endpoint endpoint_of(std::size_t place) {
  return {net::Ipv4Address(192, 0, 2, static_cast<std::uint8_t>(place + 1)), 5000};
}
/// 10.128.0.1 and 10.128.0.3 are at the left, the first direct and the second through the member, 10.128.0.2 is at the
/// right, 10.128.0.9 is the member's own.
net::Ipv4Address address(std::uint8_t last) {
  return {10, 128, 0, last};
}
crypto::Spi session(std::size_t at, std::size_t peer) {
  return crypto::Spi{static_cast<std::uint32_t>(0x1000 * (3 * at + peer + 1) + 2 * at)};
}
crypto::Lanes lanes(std::size_t at, std::size_t peer, unsigned hands) {
  return {session(at, peer), hands};
}

struct Seat {
  std::size_t place = 0;
  unsigned hand = 0;
};

/// Two members that talk with each other directly and through a third, each with `hands` workers, and the network
/// between them.
class World {
 public:
  World(unsigned hands, Coalescer::Limits joins) : hands_(hands) {
    for (std::size_t place = 0; place < places; ++place) {
      for (unsigned hand = 0; hand < hands; ++hand)
        workers_[place].emplace_back(Worker::Config{own_mac, joins, hand, hands}, aeads_);
      queues_[place].resize(hands);
      for (std::size_t peer = 0; peer < places; ++peer) {
        for (unsigned number = 0; peer != place && number < hands; ++number)
          orders_[place].emplace_back(InstallLane{crypto::lane_of(session(place, peer), number),
                                                  crypto::lane_of(session(peer, place), number),
                                                  {},
                                                  id_of(peer)});
      }
    }
    const TimePoint until = now_ + 60s;
    add_way(left, 1, right, 2, until);
    add_way(left, 1, relay, 9, until);
    add_way(right, 2, relay, 9, until);
    for (const auto& [at, from, peer, to] :
         {std::array<std::size_t, 4>{left, 3, right, 2}, std::array<std::size_t, 4>{right, 2, left, 3}}) {
      InstallFlow flow{address(static_cast<std::uint8_t>(from)),
                       address(static_cast<std::uint8_t>(to)),
                       lanes(at, peer, hands),
                       endpoint_of(relay),
                       1350,
                       false,
                       until,
                       lanes(at, relay, hands)};
      orders_[at].emplace_back(flow);
      orders_[relay].emplace_back(
          InstallPass{id_of(at), id_of(peer), lanes(relay, peer, hands), endpoint_of(peer), lend(100'000), until});
    }
    orders_[right].emplace_back(InstallSource{id_of(left), address(3), address(2), guest_mac, false, until});
    for (std::size_t place = 0; place < places; ++place) {
      for (const Order& order : orders_[place])
        give_order(place, order);
    }
  }

  [[nodiscard]] unsigned hands() const { return hands_; }
  void pass_time(Duration time) { now_ += time; }
  /// The queue that the next input of this hand comes from does not get empty.
  StandingQueue* stand(Seat seat) {
    StandingQueue& queue = queues_[seat.place][seat.hand];
    queue.handle_read(now_, false);
    return &queue;
  }

  void give_order(std::size_t place, const Order& order) {
    const auto hand = hand_for(order, hands_);
    for (unsigned i = 0; i < hands_; ++i) {
      if (hand.value_or(i) == i) workers_[place][i].handle_order(order);
    }
  }
  /// One of those with which it began, to be good for `time`, with another size or loan.
  void repeat_order(std::size_t place, std::size_t index, Duration time, std::uint16_t size) {
    Order order = orders_[place][index % orders_[place].size()];
    if (auto* flow = std::get_if<InstallFlow>(&order)) {
      flow->until = now_ + time;
      flow->mtu = std::min<std::uint16_t>(size, 9000);
    } else if (auto* source = std::get_if<InstallSource>(&order)) {
      source->until = now_ + time;
      source->passes_syn = size % 2 == 0;
    } else if (auto* pass = std::get_if<InstallPass>(&order)) {
      pass->until = now_ + time;
      pass->loan = lend(size);
    }
    give_order(place, order);
  }

  void bring_frames(Seat seat, std::span<const net::TapFrame> frames, StandingQueue* queue) {
    carry_out(seat.place, worker(seat).handle_frames(now_, frames, queue));
  }
  void bring_datagrams(Seat seat, std::span<const net::Datagrams> runs, StandingQueue* queue) {
    carry_out(seat.place, worker(seat).handle_datagrams(now_, runs, queue));
  }
  void bring_handed(Seat seat, const Worker::Origin& origin, std::vector<Bytes>& packets) {
    carry_out(seat.place, worker(seat).handle_handed(now_, origin, packets));
  }

  void check_reports() {
    for (auto& hands : workers_) {
      for (CheckedWorker& worker : hands)
        worker.check_report();
    }
    for (const auto& [loan, octets] : loans_) {
      std::uint64_t passed_on = 0;
      for (const CheckedWorker& worker : workers_[relay])
        passed_on += worker.passed_on(loan.get());
      require(passed_on <= octets, "nobody passes on more than was lent");
    }
  }

 private:
  CheckedWorker& worker(Seat seat) { return workers_[seat.place][seat.hand]; }

  std::shared_ptr<Loan> lend(std::uint64_t octets) {
    loans_.emplace_back(std::make_shared<Loan>(octets), octets);
    return loans_.back().first;
  }

  /// Flows and sources of both directions.
  void add_way(std::size_t a, std::uint8_t a_address, std::size_t b, std::uint8_t b_address, TimePoint until) {
    for (int i = 0; i < 2; ++i) {
      orders_[a].emplace_back(
          InstallFlow{address(a_address), address(b_address), lanes(a, b, hands_), endpoint_of(b), 1400, true, until});
      orders_[b].emplace_back(InstallSource{id_of(a), address(a_address), address(b_address), guest_mac, true, until});
      std::swap(a, b);
      std::swap(a_address, b_address);
    }
  }

  /// What is sent arrives at once, at the door of its first datagram.
  void carry_out(std::size_t place, CheckedWorker::Effects effects) {
    for (CheckedWorker::Handed& handed : effects.handed) {
      std::vector<Bytes> packets;
      packets.push_back(std::move(handed.packet));
      bring_handed({place, handed.hand}, handed.origin, packets);
    }
    std::map<std::pair<std::size_t, unsigned>, std::vector<net::Datagrams>> arriving;
    for (CheckedWorker::Sent& sent : effects.sends) {
      std::size_t to = 0;
      while (to < places && endpoint_of(to) != sent.to)
        ++to;
      require(to < places, "datagrams go to peers");
      const unsigned hand = hand_for(sent.octets, hands_);
      arriving[{to, hand}].push_back({endpoint_of(place), sent.octets, sent.segment});
    }
    for (const auto& [seat, runs] : arriving)
      bring_datagrams({seat.first, seat.second}, runs, nullptr);
  }

  unsigned hands_;
  TimePoint now_ = TimePoint{} + 1h;
  test_support::OpenAeads aeads_;
  std::array<std::deque<CheckedWorker>, places> workers_;
  std::array<std::vector<StandingQueue>, places> queues_;
  std::array<std::vector<Order>, places> orders_;
  std::vector<std::pair<std::shared_ptr<Loan>, std::uint64_t>> loans_;
};

/// Packets as a peer with the keys seals them, whatever is in them.
class Sealer {
 public:
  Bytes seal(crypto::Spi spi, ByteSpan text, bool is_repeated) {
    // Beside those that the workers themselves seal, and in the window.
    std::uint64_t& next = counters_.try_emplace(spi, 4000).first->second;
    Bytes out;
    ByteWriter to(out);
    to.write(spi.value);
    to.write(is_repeated ? next : ++next);
    to.write(text);
    to.write_zeros(crypto::Aead::tag_size);
    return out;
  }

 private:
  std::map<crypto::Spi, std::uint64_t> counters_;
};

constexpr std::size_t most_at_once = 48;

std::vector<Bytes> read_pieces(ByteReader& in) {
  std::vector<Bytes> out;
  const std::size_t count = 1 + in.read<std::uint8_t>() % most_at_once;
  for (std::size_t i = 0; i < count && in.remaining() > 0; ++i)
    out.push_back(to_bytes(in.take_sized16()));
  return out;
}

void read_frames(ByteReader& in, World& world, Seat seat, StandingQueue* queue) {
  std::deque<Bytes> octets;
  std::vector<net::TapFrame> frames;
  const std::size_t count = 1 + in.read<std::uint8_t>() % most_at_once;
  for (std::size_t i = 0; i < count && in.remaining() > 0; ++i) {
    const auto header = in.take_array<net::VnetHeader::size>();
    octets.push_back(to_bytes(in.take_sized16()));
    frames.push_back({net::decode_vnet_header(header), octets.back()});
  }
  world.bring_frames(seat, frames, queue);
}

void read_datagrams(ByteReader& in, World& world, Seat seat, StandingQueue* queue) {
  std::deque<Bytes> octets;
  std::vector<net::Datagrams> runs;
  const std::size_t count = 1 + in.read<std::uint8_t>() % most_at_once;
  for (std::size_t i = 0; i < count && in.remaining() > 0; ++i) {
    const net::Endpoint from = endpoint_of(in.read<std::uint8_t>());
    const auto segment = in.read<std::uint16_t>();
    octets.push_back(to_bytes(in.take_sized16()));
    runs.push_back({from, octets.back(), segment});
  }
  world.bring_datagrams(seat, runs, queue);
}

void read_sealed(ByteReader& in, World& world, Sealer& sealer, Seat seat, StandingQueue* queue) {
  const std::size_t peer = (seat.place + 1 + in.read<std::uint8_t>() % 2) % places;
  const std::size_t third = places - seat.place - peer;
  const unsigned flags = in.read<std::uint8_t>();
  enum { plain, final, to_pass_on, without_seal };
  const unsigned kind = flags & 3U;
  const bool is_run = (flags & 4U) != 0;
  const bool is_repeated = (flags & 8U) != 0;
  const bool completes_checksums = (flags & 16U) != 0;
  const auto lane = [&](std::size_t at, std::size_t from, unsigned number) {
    return crypto::lane_of(session(at, from), number % world.hands());
  };
  std::deque<Bytes> octets;
  std::vector<net::Datagrams> runs;
  Bytes joined;
  std::size_t segment = 0;
  for (Bytes& text : read_pieces(in)) {
    Transport transport;
    if (completes_checksums && find_transport(text, transport) && transport.total == text.size()) {
      complete_ip_checksum(text, transport.ip_header);
      complete_checksum(text, transport);
    }
    Bytes payload;
    if (kind != plain) {
      payload.resize(RelayedHead::size);
      RelayedHead::write(payload.data(), kind == to_pass_on ? RelayedHead::to_pass_on : RelayedHead::final,
                         id_of(third));
      if (kind == final) text = sealer.seal(lane(seat.place, third, flags >> 5U), text, is_repeated);
      if (kind == to_pass_on) text = sealer.seal(lane(third, peer, flags >> 5U), text, is_repeated);
    }
    append(payload, text);
    octets.push_back(sealer.seal(lane(seat.place, peer, flags >> 6U), payload, is_repeated));
    if (segment == 0) segment = octets.back().size();
    append(joined, octets.back());
    if (!is_run) runs.push_back({endpoint_of(peer), octets.back(), octets.back().size()});
  }
  joined.shrink_to_fit();
  if (is_run && !joined.empty()) runs.push_back({endpoint_of(peer), joined, segment});
  world.bring_datagrams(seat, runs, queue);
}

void read_order(ByteReader& in, World& world, std::size_t place) {
  const auto what = in.read<std::uint8_t>();
  const auto index = in.read<std::uint8_t>();
  const auto number = in.read<std::uint16_t>();
  switch (what % 8) {
    case 0: world.give_order(place, RemoveAllLanes{}); break;
    case 1: world.give_order(place, ForgetDecisions{}); break;
    case 2: {
      const std::size_t peer = (place + 1 + index % 2) % places;
      world.give_order(place, RemoveLane{crypto::lane_of(session(place, peer), number % world.hands())});
      break;
    }
    default: world.repeat_order(place, index, 1ms * number, number); break;
  }
}

}  // namespace

// The workers of two members and of the one between. Input: options 1 (one or two hands each, what the TAPs take), then
// records:
//
//    kind 1 | place, hand and a queue that stands 1 | by kind: frames with vnet headers, datagrams and runs of them,
//    payloads that the program seals, packets that a member brought, an order, time
//
// What workers send to one another arrives.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader in(ByteSpan(reinterpret_cast<const std::byte*>(data), size));
  const auto options = in.read<std::uint8_t>();
  World world(1 + options % 2, {(options & 2U) == 0, (options & 4U) != 0});
  Sealer sealer;
  for (int steps = 0; steps < 64 && in.remaining() > 0; ++steps) {
    const auto kind = in.read<std::uint8_t>();
    const auto where = in.read<std::uint8_t>();
    const Seat seat{where % places, static_cast<unsigned>(where / places) % world.hands()};
    StandingQueue* queue = (where & 0x80U) == 0 ? nullptr : world.stand(seat);
    switch (kind % 7) {
      case 0: read_frames(in, world, seat, queue); break;
      case 1: read_datagrams(in, world, seat, queue); break;
      case 2: read_sealed(in, world, sealer, seat, queue); break;
      case 3: {
        const auto who = in.read<std::uint8_t>();
        auto packets = read_pieces(in);
        if ((who & 0x80U) == 0) {
          world.bring_handed(seat, id_of(who % places), packets);
        } else {
          world.bring_handed(seat, endpoint_of(who % places), packets);
        }
        break;
      }
      case 4: read_order(in, world, seat.place); break;
      case 5: world.pass_time(16ms * in.read<std::uint8_t>()); break;
      default: world.check_reports(); break;
    }
  }
  world.check_reports();
  return 0;
}
