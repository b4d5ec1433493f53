// unit_crypto links no library of tests/support: those bring in all layers.
#include "support/stand_in_crypto.cpp"  // NOLINT(bugprone-suspicious-include)

#include <doctest/doctest.h>

#include "trust_fixtures.hpp"

namespace ipop::crypto::test {
namespace {

using test_support::StandInAeadFactory;
using test_support::StandInHandshakeFactory;

struct Crypto {
  HandshakeFactory& low;
  HandshakeFactory& high;
  AeadFactory& aeads;
};

struct Exchange {
  std::vector<std::size_t> sizes{};  ///< of all packets, in order
  bool low_open = false;
  bool high_open = false;
  std::vector<std::string> received{};
};

/// The lower id opens a channel and says something.
Exchange run(Crypto crypto) {
  const auto& [low, high] = low_and_high();
  SeededRng low_rng(1);
  SeededRng high_rng(2);
  const TimePoint now{};
  Basis basis;
  basis.set_wall_time(now, wall_at_start);
  ChannelTable a({low.id, {}, {}}, basis, crypto.low, crypto.aeads, low_rng);
  ChannelTable b({high.id, {}, {}}, basis, crypto.high, crypto.aeads, high_rng);
  Exchange out;
  const auto pass = [&](ChannelTable& from, ChannelTable& to, bool& is_open, std::uint8_t host) {
    std::vector<Bytes> packets;
    while (auto output = from.poll_output()) {
      if (const auto* opened = std::get_if<ChannelTable::Opened>(&*output)) {
        is_open = true;
        const ByteSpan payload = as_bytes("hello");
        CHECK(from.seal(now, opened->id, std::span(&payload, 1)).has_value());
      }
      if (const auto* received = std::get_if<ChannelTable::Received>(&*output)) {
        for (const Bytes& payload : received->payloads)
          out.received.emplace_back(as_text(payload));
      }
      if (const auto* transmit = std::get_if<ChannelTable::Transmit>(&*output)) {
        packets.insert(packets.end(), transmit->packets.begin(), transmit->packets.end());
      }
    }
    std::vector<ChannelTable::Incoming> incoming;
    for (const Bytes& packet : packets) {
      out.sizes.push_back(packet.size());
      incoming.push_back({endpoint(host), packet});
    }
    to.handle_packets(now, incoming);
  };
  a.open(now, endpoint(2), high.id, 1);
  for (int i = 0; i < 6; ++i) {
    pass(a, b, out.low_open, 1);
    pass(b, a, out.high_open, 2);
  }
  return out;
}

TEST_CASE("the stand-in opens a channel with as many packets as TLS, of the same sizes within 12 %") {
  const auto& [low, high] = low_and_high();
  StandInHandshakeFactory stand_in_low(low.id, 1);
  StandInHandshakeFactory stand_in_high(high.id, 2);
  StandInAeadFactory stand_in_aeads;
  const Exchange stand_in = run({stand_in_low, stand_in_high, stand_in_aeads});
  CHECK(stand_in.low_open);
  CHECK(stand_in.high_open);
  CHECK(stand_in.received == std::vector<std::string>{"hello", "hello"});

  const auto tls_low = make_tls_handshake_factory(low.key, low.certificate);
  const auto tls_high = make_tls_handshake_factory(high.key, high.certificate);
  const auto aeads = make_best_aead_factory();
  const Exchange tls = run({*tls_low, *tls_high, *aeads});
  CHECK(tls.received == stand_in.received);
  REQUIRE(stand_in.sizes.size() == tls.sizes.size());
  for (std::size_t i = 0; i < tls.sizes.size(); ++i) {
    CAPTURE(i);
    CHECK(static_cast<double>(stand_in.sizes[i]) == doctest::Approx(static_cast<double>(tls.sizes[i])).epsilon(0.12));
  }
  CHECK(run({stand_in_low, stand_in_high, stand_in_aeads}).sizes == stand_in.sizes);
}

TEST_CASE("the stand-in has closed groups: another authority's members and revoked ones are refused") {
  const NodeId low = low_and_high_member().first.id;
  const NodeId high = low_and_high_member().second.id;
  const Digest256 ours = authority().certificate().fingerprint();
  const auto shake = [&](const test_support::StandInCertificate& client,
                         const std::shared_ptr<const TrustStore>& trust) {
    StandInHandshakeFactory low_factory(low, 1, client);
    StandInHandshakeFactory high_factory(high, 2, {ours, sha256(as_bytes("high")), "bob"});
    const auto a = low_factory.make(HandshakeRole::client, wall_at_start, closed_group());
    const auto b = high_factory.make(HandshakeRole::server, wall_at_start, trust);
    a->advance({});
    b->advance(a->take_outgoing());
    a->advance(b->take_outgoing());
    const bool is_done = b->advance(a->take_outgoing()) == Handshake::State::done;
    CHECK(is_done == b->failure().empty());
    if (is_done) {
      CHECK(b->peer().user == client.user);
      CHECK(b->peer().key == client.key);
    }
    return is_done;
  };
  const Digest256 key = sha256(as_bytes("low"));
  CHECK(shake({ours, key, "alice"}, closed_group()));
  CHECK_FALSE(shake({Digest256{}, key, "alice"}, closed_group()));
  CHECK_FALSE(shake({ours, key, "alice"}, TrustStore::open_group()));
  CHECK(shake({ours, key, "alice"}, closed_group_without({}, {"bob"})));
  CHECK_FALSE(shake({ours, key, "alice"}, closed_group_without({}, {"alice"})));
  CHECK_FALSE(shake({ours, key, "alice"}, closed_group_without({key})));
}

TEST_CASE("the stand-in's tag tells damage, counters and keys apart") {
  StandInAeadFactory factory;
  const auto a = factory.make({});
  AeadKey other;
  other.key[15] = std::byte{1};
  const auto b = factory.make(other);
  Bytes sealed;
  a->seal(1, as_bytes("header"), as_bytes("some payload"), sealed);
  CHECK(sealed.size() == 12 + Aead::tag_size);
  Bytes out;
  CHECK_FALSE(b->open(1, as_bytes("header"), sealed, out));
  CHECK_FALSE(a->open(2, as_bytes("header"), sealed, out));
  CHECK_FALSE(a->open(1, as_bytes("Header"), sealed, out));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes damaged = sealed;
    damaged[i] ^= std::byte{1};
    CHECK_FALSE(a->open(1, as_bytes("header"), damaged, out));
  }
  CHECK(out.empty());
  CHECK(a->open(1, as_bytes("header"), sealed, out));
  CHECK(as_text(out) == "some payload");
}

}  // namespace
}  // namespace ipop::crypto::test
