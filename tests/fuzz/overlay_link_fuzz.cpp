#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/rng.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/hash.hpp"
#include "crypto/trust_store.hpp"
#include "overlay/link_message.hpp"
#include "overlay/overlay.hpp"
#include "overlay/packet.hpp"

using namespace ipop;

namespace {

constexpr WallTime wall{1'767'225'600};

NodeId node(std::uint8_t first) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = std::byte{first};
  return NodeId(octets);
}

/// Says who it is and has keys of zeros: the fuzzer shall get at the overlay. The flights are those of
/// TLS: the client's and the server's id, then one octet with which the client finishes.
class Introduction final : public crypto::Handshake {
 public:
  Introduction(crypto::HandshakeRole role, const NodeId& self) : role_(role), self_(self) {}

  State advance(ByteSpan incoming) override {
    const bool client = role_ == crypto::HandshakeRole::client;
    append(received_, incoming);
    if (client) introduce();
    if (received_.size() < NodeId::size) return State::running;
    peer_.id = NodeId::from_prefix(received_);
    introduce();
    if (!client) return received_.size() > NodeId::size ? State::done : State::running;
    if (!finished_) outgoing_.push_back(finish);
    finished_ = true;
    return State::done;
  }
  Bytes take_outgoing() override { return std::exchange(outgoing_, {}); }
  [[nodiscard]] std::string failure() const override { return {}; }
  [[nodiscard]] const crypto::PeerIdentity& peer() const override { return peer_; }
  [[nodiscard]] crypto::AeadSuite suite() const override { return {}; }
  [[nodiscard]] crypto::SessionKeys export_keys(ByteSpan) const override { return {}; }
  [[nodiscard]] crypto::Digest256 export_lane_secret(ByteSpan) const override { return {}; }

 private:
  static constexpr std::byte finish{0x17};

  void introduce() {
    if (!introduced_) append(outgoing_, self_.octets());
    introduced_ = true;
  }

  crypto::HandshakeRole role_;
  NodeId self_;
  crypto::PeerIdentity peer_{};
  bool introduced_ = false;
  bool finished_ = false;
  Bytes received_;
  Bytes outgoing_;
};

class Introductions final : public crypto::HandshakeFactory {
 public:
  explicit Introductions(const NodeId& self) : self_(self) {}
  [[nodiscard]] Beginning look_at(ByteSpan stream) const override {
    return stream.size() < NodeId::size ? Beginning::incomplete : Beginning::whole;
  }
  std::unique_ptr<crypto::Handshake> make(crypto::HandshakeRole role, WallTime /*wall*/,
                                          const std::shared_ptr<const crypto::TrustStore>& /*trust*/) override {
    return std::make_unique<Introduction>(role, self_);
  }

 private:
  NodeId self_;
};

class OpenAead final : public crypto::Aead {
 public:
  void seal_to(std::uint64_t, ByteSpan, ByteSpan plaintext, std::byte* out) override {
    std::fill_n(std::ranges::copy(plaintext, out).out, tag_size, std::byte{0});
  }
  bool open_to(std::uint64_t, ByteSpan, ByteSpan sealed, std::byte* out) override {
    if (sealed.data() != out) std::ranges::copy(sealed.first(sealed.size() - tag_size), out);
    return true;
  }
};

class OpenAeads final : public crypto::AeadFactory {
 public:
  std::unique_ptr<crypto::Aead> make(const crypto::AeadKey&) override { return std::make_unique<OpenAead>(); }
  [[nodiscard]] std::string_view name() const override { return "open"; }
};

/// A member's ways to the node under test: three ports of its own, or the other member as a relay.
constexpr std::uint8_t ways = 4;
constexpr std::uint8_t relayed_way = 3;
constexpr std::uint16_t first_port = 4000;

crypto::Carrier carrier_of(std::uint8_t way) {
  const Bytes one{std::byte(way % ways)};
  return crypto::Carrier(crypto::Carrier::Transport::endpoint, one, {});
}

/// A member that holds a proper channel and says in it whatever the fuzzer thinks of.
struct HostileMember {
  HostileMember(std::uint8_t number, Bytes context, const crypto::Basis& basis, crypto::AeadFactory& aeads)
      : address(192, 0, 2, number),
        id(node(number)),
        introductions(id),
        rng(number),
        table({id, std::move(context), {}}, basis, introductions, aeads, rng) {}

  /// In the channel that opened last.
  void say(TimePoint now, ByteSpan payload) {
    if (channel && !table.seal(now, *channel, {&payload, 1})) channel.reset();
  }

  net::Ipv4Address address;
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
        overlay(make_config(), basis, introductions, aeads, rng),
        members{HostileMember(10, context, basis, aeads), HostileMember(200, context, basis, aeads)} {
    basis.set_wall_time(now, wall);
    overlay.handle_local_endpoints(now, {net::Endpoint{net::Ipv4Address(192, 0, 2, 128), first_port}});
    overlay.start(now);
    for (HostileMember& member : members) {
      member.table.open(now, carrier_of(0), node(128), 1);
    }
    exchange();
    // The member with the lower id would ask first; as it does not, the node asks by itself after a while.
    for (unsigned i = 0; i < 10 && overlay.connections().size() < members.size(); ++i) {
      pass(300ms);
      exchange();
    }
  }

  static Bytes make_context() {
    const auto digest = crypto::sha256(as_bytes("ipop link 2\nfuzz"));
    return {digest.begin(), digest.end()};
  }
  static overlay::Overlay::Config make_config() {
    overlay::Overlay::Config config;
    config.self = node(128);
    config.name_space = to_bytes(as_bytes("fuzz"));
    return config;
  }

  /// Until nobody has anything to say; members may chatter without end, so for some rounds only.
  void exchange() {
    bool quiet = false;
    for (unsigned round = 0; round < 20 && !quiet; ++round) {
      quiet = true;
      for (std::size_t i = 0; i < members.size(); ++i) {
        while (const auto output = members[i].table.poll_output()) {
          quiet = false;
          take(members[i], members[1 - i], *output);
        }
      }
      while (const auto output = overlay.poll_output()) {
        const auto* sent = std::get_if<overlay::Overlay::SendDatagrams>(&*output);
        if (sent == nullptr) continue;
        quiet = false;
        deliver(*sent);
      }
    }
  }

  void take(HostileMember& member, HostileMember& other, const crypto::ChannelTable::Output& output) {
    if (const auto* opened = std::get_if<crypto::ChannelTable::Opened>(&output)) member.channel = opened->id;
    if (const auto* closed = std::get_if<crypto::ChannelTable::Closed>(&output)) {
      if (member.channel == closed->id) member.channel.reset();
    }
    if (const auto* transmit = std::get_if<crypto::ChannelTable::Transmit>(&output)) {
      const auto way = std::to_integer<std::uint8_t>(transmit->to.octets().front());
      for (const Bytes& packet : transmit->packets) {
        if (way == relayed_way) {
          Bytes payload;
          encode_relayed(overlay::LinkPayload::relayed_final, member.id, packet, payload);
          other.say(now, payload);
          continue;
        }
        const net::Endpoint from{member.address, static_cast<std::uint16_t>(first_port + way)};
        const overlay::Overlay::Datagram datagram{from, packet};
        overlay.handle_datagrams(now, {&datagram, 1});
      }
    }
    if (const auto* received = std::get_if<crypto::ChannelTable::Received>(&output)) {
      for (const Bytes& payload : received->payloads) {
        // A path that carries no data is no link, and so nothing to fuzz.
        const auto message = overlay::decode_link_message(payload);
        if (const auto* probe = message ? std::get_if<overlay::Probe>(&*message) : nullptr) {
          Bytes echo;
          encode(overlay::LinkMessage(overlay::ProbeEcho{probe->id, probe->padding}), echo);
          if (!member.table.seal(now, received->id, {std::array<ByteSpan, 1>{echo}.data(), 1})) continue;
        }
        const auto relayed = overlay::decode_relayed(payload);
        if (!relayed || relayed->other != other.id) continue;
        const crypto::ChannelTable::Incoming incoming{carrier_of(relayed_way), relayed->inner};
        other.table.handle_packets(now, {&incoming, 1});
      }
    }
  }

  void deliver(const overlay::Overlay::SendDatagrams& sent) {
    for (HostileMember& member : members) {
      if (sent.to.ipv4() != member.address || sent.to.port < first_port || sent.to.port >= first_port + relayed_way)
        continue;
      const auto way = static_cast<std::uint8_t>(sent.to.port - first_port);
      for (const Bytes& packet : sent.datagrams) {
        const crypto::ChannelTable::Incoming incoming{carrier_of(way), packet};
        member.table.handle_packets(now, {&incoming, 1});
      }
    }
  }

  void pass(Duration time) {
    now += time;
    overlay.handle_timeout(now);
    // Whoever owns the node would spin.
    if (const auto next = overlay.poll_timeout(); next && *next <= now) std::abort();
    for (HostileMember& member : members)
      member.table.handle_timeout(now);
  }

  /// Every link leads to a member's address or through a member.
  void check_links() const {
    for (const overlay::Connection& link : overlay.connections()) {
      const bool known = std::ranges::any_of(members, [&](const HostileMember& member) {
        return link.is_direct() ? link.peer == member.id && link.endpoint.ipv4() == member.address
                                : link.relay == member.id;
      });
      if (!known) std::abort();
    }
  }

  TimePoint now{};
  Bytes context;
  OpenAeads aeads;
  Introductions introductions;
  SeededRng rng;
  crypto::Basis basis;  ///< an open group's: nobody changes it
  overlay::Overlay overlay;
  std::array<HostileMember, 2> members;
};

}  // namespace

// The members take turns. A step is an octet and what belongs to it:
//
//    0 to 248  so many octets are a payload that the member seals
//    249, 250  the member moves its channel, or opens one, over the way that the next octet names
//    251       the node's machine slept
//    252       the node has IP packets for both
//    253       the node wants a link to the id that begins with the next octet
//    254, 255  20 s or 0.3 s pass
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  if (!world.members[0].channel || !world.members[1].channel || world.overlay.connections().size() != 2) std::abort();
  ByteReader in(ByteSpan(reinterpret_cast<const std::byte*>(data), size));
  for (unsigned steps = 0; in.remaining() > 0 && steps < 64; ++steps) {
    HostileMember& member = world.members[steps % 2];
    const auto step = in.read<std::uint8_t>();
    switch (step) {
      case 255: world.pass(300ms); break;
      case 254: world.pass(20s); break;
      case 253: world.overlay.want_link(world.now, node(in.read<std::uint8_t>())); break;
      case 252: {
        const Bytes packet(40, std::byte{0x45});
        const ByteSpan span(packet);
        for (const HostileMember& peer : world.members)
          world.overlay.send_over_link(world.now, peer.id, {&span, 1});
        break;
      }
      case 251: world.overlay.handle_suspend(world.now); break;
      case 250: member.table.open(world.now, carrier_of(in.read<std::uint8_t>()), node(128), 1); break;
      case 249:
        if (member.channel) member.table.move(*member.channel, carrier_of(in.read<std::uint8_t>()));
        break;
      default: {
        const ByteSpan payload = in.take(std::min<std::size_t>(step, in.remaining()));
        if (!payload.empty() && payload.front() != std::byte{0}) member.say(world.now, payload);
        break;
      }
    }
    world.exchange();
    world.check_links();
  }
  return 0;
}
