#include "crypto/channel_table.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/rng.hpp"
#include "support/open_aead.hpp"

using namespace ipop;
using namespace ipop::crypto;

namespace {

/// One octet a flight and keys of zeros: the fuzzer shall get past the arithmetic to the logic.
class OpenHandshake final : public Handshake {
 public:
  explicit OpenHandshake(HandshakeRole role) : role_(role) {}

  State advance(ByteSpan incoming) override {
    received_ += incoming.size();
    if (role_ == HandshakeRole::client) {
      say(1);
      if (received_ >= 1) say(2);
      return received_ >= 1 ? State::done : State::running;
    }
    if (received_ >= 1) say(1);
    return received_ >= 2 ? State::done : State::running;
  }
  Bytes take_outgoing() override { return std::exchange(outgoing_, {}); }
  [[nodiscard]] std::string failure() const override { return {}; }
  [[nodiscard]] const PeerIdentity& peer() const override { return peer_; }
  [[nodiscard]] AeadSuite suite() const override { return {}; }
  [[nodiscard]] SessionKeys export_keys(ByteSpan) const override { return {}; }
  [[nodiscard]] Digest256 export_lane_secret(ByteSpan) const override { return {}; }

  PeerIdentity peer_{};

 private:
  void say(std::size_t flight) {
    if (flight <= said_) return;
    said_ = flight;
    outgoing_.push_back(std::byte{0x17});
  }

  HandshakeRole role_;
  std::size_t received_ = 0;
  std::size_t said_ = 0;
  Bytes outgoing_;
};

class OpenHandshakes final : public HandshakeFactory {
 public:
  explicit OpenHandshakes(const NodeId& peer) : peer_(peer) {}
  [[nodiscard]] Beginning look_at(ByteSpan) const override { return Beginning::whole; }
  std::unique_ptr<Handshake> make(HandshakeRole role, WallTime, const std::shared_ptr<const TrustStore>&) override {
    auto out = std::make_unique<OpenHandshake>(role);
    out->peer_.id = peer_;
    return out;
  }

 private:
  NodeId peer_;
};

NodeId node(std::uint8_t first) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = static_cast<std::byte>(first);
  return NodeId(octets);
}

Carrier carrier(std::uint8_t number) {
  const std::array<std::byte, 7> octets{std::byte{4}, std::byte{10}, {}, {}, static_cast<std::byte>(number), {}, {}};
  return Carrier(Carrier::Transport::endpoint, octets, {.source = 5, .network = 4});
}

/// All packets for `to` that wait in `from`.
std::vector<Bytes> drain(ChannelTable& from) {
  std::vector<Bytes> out;
  while (auto output = from.poll_output()) {
    if (auto* transmit = std::get_if<ChannelTable::Transmit>(&*output)) {
      for (Bytes& packet : transmit->packets)
        out.push_back(std::move(packet));
    }
  }
  return out;
}

void deliver(ChannelTable& to, TimePoint now, std::uint8_t from, const std::vector<Bytes>& packets) {
  std::vector<ChannelTable::Incoming> incoming;
  for (const Bytes& packet : packets)
    incoming.push_back({carrier(from), packet});
  to.handle_packets(now, incoming);
}

ChannelTable::Config config(std::uint8_t self) {
  ChannelTable::Config out;
  out.self = node(self);
  out.limits.channels = 8;
  out.limits.half_open = {.all = 4, .working = 2};
  out.limits.rekey_after = 60s;
  return out;
}

}  // namespace

// A table with a live channel to another one (carrier 2) and an open question (carrier 3). The
// input is a list of steps:
//
//    source 1 | milliseconds / 16 1 | length 2 | packet
//
// With length 0xffff the channel sends a payload; with 0xfffe both tables talk until they are quiet.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  SeededRng rng(1);
  SeededRng other_rng(2);
  OpenHandshakes handshakes(node(2));
  OpenHandshakes other_handshakes(node(1));
  test_support::OpenAeads aeads;
  const Basis basis;
  ChannelTable table(config(1), basis, handshakes, aeads, rng);
  ChannelTable other(config(2), basis, other_handshakes, aeads, other_rng);
  TimePoint now{};
  const auto talk = [&] {
    for (int i = 0; i < 10; ++i) {
      deliver(other, now, 1, drain(table));
      deliver(table, now, 2, drain(other));
    }
  };
  table.open(now, carrier(2), node(2), 1);
  talk();
  if (table.size() != 1 || other.size() != 1) std::abort();
  table.open(now, carrier(3), std::nullopt, 2);
  drain(table);

  ByteReader in(ByteSpan(reinterpret_cast<const std::byte*>(data), size));
  for (int steps = 0; steps < 200 && in.remaining() > 0; ++steps) {
    const auto from = in.read<std::uint8_t>();
    now += std::chrono::milliseconds(16) * in.read<std::uint8_t>();
    const auto length = in.read<std::uint16_t>();
    if (length == 0xffff) {
      const ByteSpan payload = as_bytes("E");
      static_cast<void>(table.seal(now, ChannelId{1}, std::span(&payload, 1)).has_value());
    } else if (length == 0xfffe) {
      talk();
    } else {
      const Bytes packet = to_bytes(in.take(std::min<std::size_t>(length, in.remaining())));
      deliver(table, now, from, {packet});
      std::size_t out = 0;
      for (const Bytes& answer : drain(table))
        out += answer.size();
      // A stranger's packet gets no more octets than it had; carriers 2 and 3 are validated.
      if (from != 2 && from != 3 && table.size() == 1 && packet.size() >= 4 && packet[0] != std::byte{0} &&
          out > packet.size()) {
        std::abort();
      }
    }
    const auto due = table.poll_timeout();
    if (due && *due <= now) {
      table.handle_timeout(now);
      const auto next = table.poll_timeout();
      if (next && *next <= now) std::abort();
    }
    drain(table);
    if (table.size() > 8) std::abort();
  }
  return 0;
}
