#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/rng.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/hash.hpp"
#include "overlay/overlay.hpp"

using namespace ipop;

namespace {

constexpr WallTime wall{1'767'225'600};

NodeId node(std::uint8_t first) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = std::byte{first};
  return NodeId(octets);
}

/// Says who it is in its first flight and has keys of zeros: the fuzzer shall get at the overlay.
class Introduction final : public crypto::Handshake {
 public:
  Introduction(crypto::HandshakeRole role, const NodeId& self) : role_(role), self_(self) {}

  State advance(ByteSpan incoming) override {
    append(received_, incoming);
    if (role_ == crypto::HandshakeRole::client) say();
    if (received_.size() < NodeId::size) return State::running;
    peer_.id = NodeId::from_prefix(received_);
    say();
    return State::done;
  }
  Bytes take_outgoing() override { return std::exchange(outgoing_, {}); }
  [[nodiscard]] std::string failure() const override { return {}; }
  [[nodiscard]] const crypto::PeerIdentity& peer() const override { return peer_; }
  [[nodiscard]] crypto::SessionKeys export_keys(ByteSpan) const override { return {}; }

 private:
  void say() {
    if (!said_) append(outgoing_, self_.octets());
    said_ = true;
  }

  crypto::HandshakeRole role_;
  NodeId self_;
  crypto::PeerIdentity peer_{};
  bool said_ = false;
  Bytes received_;
  Bytes outgoing_;
};

class Introductions final : public crypto::HandshakeFactory {
 public:
  explicit Introductions(const NodeId& self) : self_(self) {}
  std::unique_ptr<crypto::Handshake> make(crypto::HandshakeRole role, WallTime) override {
    return std::make_unique<Introduction>(role, self_);
  }

 private:
  NodeId self_;
};

class OpenAead final : public crypto::Aead {
 public:
  void seal(std::uint64_t, ByteSpan, ByteSpan plaintext, Bytes& out) override {
    append(out, plaintext);
    out.resize(out.size() + tag_size);
  }
  bool open(std::uint64_t, ByteSpan, ByteSpan sealed, Bytes& out) override {
    append(out, sealed.first(sealed.size() - tag_size));
    return true;
  }
};

class OpenAeads final : public crypto::AeadFactory {
 public:
  std::unique_ptr<crypto::Aead> make(const crypto::AeadKey&) override { return std::make_unique<OpenAead>(); }
  [[nodiscard]] std::string_view name() const override { return "open"; }
};

crypto::Carrier carrier_to_overlay() {
  const Bytes one{std::byte{1}};
  return crypto::Carrier(one);
}

/// A member that holds a proper channel and says in it whatever the fuzzer thinks of.
struct HostileMember {
  HostileMember(std::uint8_t number, Bytes context, crypto::AeadFactory& aeads)
      : endpoint{net::Ipv4Address(192, 0, 2, number), 4000},
        id(node(number)),
        introductions(id),
        rng(number),
        table({id, std::move(context), {}}, introductions, aeads, rng) {}

  net::Endpoint endpoint;
  NodeId id;
  Introductions introductions;
  SeededRng rng;
  crypto::ChannelTable table;
  std::optional<crypto::ChannelId> channel;
};

/// The node under test, two hostile members, and the clock.
struct World {
  World()
      : context(make_context()),
        introductions(node(128)),
        rng(1),
        overlay(make_config(), introductions, aeads, rng),
        members{HostileMember(10, context, aeads), HostileMember(200, context, aeads)} {
    overlay.handle_wall_time(now, wall);
    overlay.handle_local_endpoints(now, {net::Endpoint{net::Ipv4Address(192, 0, 2, 128), 4000}});
    overlay.start(now);
    for (HostileMember& member : members) {
      member.table.handle_wall_time(now, wall);
      member.table.open(now, carrier_to_overlay(), node(128), 1);
    }
    exchange();
  }

  static Bytes make_context() {
    const auto digest = crypto::sha256(as_bytes("ipop link 1\nfuzz"));
    return {digest.begin(), digest.end()};
  }
  static overlay::Overlay::Config make_config() {
    overlay::Overlay::Config config;
    config.self = node(128);
    config.name_space = to_bytes(as_bytes("fuzz"));
    return config;
  }

  void exchange() {
    for (unsigned round = 0; round < 20; ++round) {
      bool quiet = true;
      for (HostileMember& member : members) {
        while (auto output = member.table.poll_output()) {
          if (const auto* opened = std::get_if<crypto::ChannelTable::Opened>(&*output)) member.channel = opened->id;
          if (const auto* closed = std::get_if<crypto::ChannelTable::Closed>(&*output)) {
            if (member.channel == closed->id) member.channel.reset();
          }
          const auto* transmit = std::get_if<crypto::ChannelTable::Transmit>(&*output);
          if (transmit == nullptr) continue;
          quiet = false;
          for (const Bytes& packet : transmit->packets) {
            const overlay::Overlay::Datagram datagram{member.endpoint, packet};
            overlay.handle_datagrams(now, {&datagram, 1});
          }
        }
      }
      for (unsigned taken = 0; taken < 10'000; ++taken) {
        const auto output = overlay.poll_output();
        if (!output) break;
        const auto* sent = std::get_if<overlay::Overlay::SendDatagrams>(&*output);
        if (sent == nullptr) continue;
        if (sent->datagrams.size() > 1000) std::abort();
        for (HostileMember& member : members) {
          if (member.endpoint != sent->to) continue;
          quiet = false;
          for (const Bytes& packet : sent->datagrams) {
            const crypto::ChannelTable::Incoming incoming{carrier_to_overlay(), packet};
            member.table.handle_packets(now, {&incoming, 1});
          }
        }
      }
      if (quiet) return;
    }
  }

  TimePoint now{};
  Bytes context;
  OpenAeads aeads;
  Introductions introductions;
  SeededRng rng;
  overlay::Overlay overlay;
  std::array<HostileMember, 2> members;
};

}  // namespace

// Steps: a length below 251 and so many octets are a payload that a member seals, the two in turn;
// higher ones move the clock or are inputs of the node's owner.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  if (!world.members[0].channel || !world.members[1].channel) std::abort();
  unsigned steps = 0;
  for (std::size_t i = 0; i < size && steps < 64; ++steps) {
    const std::uint8_t length = data[i++];
    switch (length) {
      case 255:
      case 254: {
        world.now += length == 255 ? std::chrono::milliseconds(300) : std::chrono::milliseconds(20'000);
        world.overlay.handle_timeout(world.now);
        for (HostileMember& member : world.members)
          member.table.handle_timeout(world.now);
        break;
      }
      case 253: world.overlay.want_link(world.now, node(i < size ? data[i] : std::uint8_t{7})); break;
      case 252: {
        Bytes packet(40, std::byte{0x45});
        const ByteSpan span(packet);
        for (const HostileMember& member : world.members)
          world.overlay.send_direct(world.now, member.id, {&span, 1});
        break;
      }
      case 251: world.overlay.handle_suspend(world.now); break;
      default: {
        HostileMember& member = world.members[steps % 2];
        const std::size_t count = std::min<std::size_t>(length, size - i);
        const ByteSpan payload(reinterpret_cast<const std::byte*>(data + i), count);
        i += count;
        if (member.channel && count > 0 && payload.front() != std::byte{0}) {
          if (!member.table.seal(world.now, *member.channel, {&payload, 1})) member.channel.reset();
        }
        break;
      }
    }
    world.exchange();
    if (world.overlay.connections().size() > 2) std::abort();
  }
  return 0;
}
