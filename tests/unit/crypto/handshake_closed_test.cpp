#include <doctest/doctest.h>

#include "crypto/handshake.hpp"
#include "trust_fixtures.hpp"

namespace ipop::crypto::test {
namespace {

using State = Handshake::State;
using Trust = std::shared_ptr<const TrustStore>;

/// How a handshake went: both ends, each with its own idea of trust and time.
struct Outcome {
  State client = State::running;
  State server = State::running;
  std::string client_failure{};
  std::string server_failure{};
  std::vector<std::size_t> sizes{};
  std::optional<PeerIdentity> seen_by_client{};
  std::optional<PeerIdentity> seen_by_server{};

  [[nodiscard]] bool is_done() const { return client == State::done && server == State::done; }
};

struct End {
  const PrivateKey& key;
  const Certificate& certificate;
  Trust trust = closed_group();
  WallTime wall = wall_at_start;
};

End end_of(const Identity& identity, Trust trust = closed_group(), WallTime wall = wall_at_start) {
  return {identity.key, identity.certificate, std::move(trust), wall};
}

Outcome shake(const End& client, const End& server, const std::function<void(std::size_t, Bytes&)>& tamper = {}) {
  const auto client_factory = make_tls_handshake_factory(client.key, client.certificate);
  const auto server_factory = make_tls_handshake_factory(server.key, server.certificate);
  const auto a = client_factory->make(HandshakeRole::client, client.wall, client.trust);
  const auto b = server_factory->make(HandshakeRole::server, server.wall, server.trust);
  Outcome out;
  a->advance({});
  for (std::size_t flight = 0; flight < 10; ++flight) {
    Bytes octets = (flight % 2 == 0 ? a : b)->take_outgoing();
    if (octets.empty()) break;
    out.sizes.push_back(octets.size());
    if (tamper) tamper(flight, octets);
    (flight % 2 == 0 ? b : a)->advance(octets);
  }
  out.client = a->advance({});
  out.server = b->advance({});
  if (out.client == State::failed) out.client_failure = a->failure();
  if (out.server == State::failed) out.server_failure = b->failure();
  if (out.client == State::done) out.seen_by_client = a->peer();
  if (out.server == State::done) out.seen_by_server = b->peer();
  return out;
}

bool contains(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

TEST_CASE("members of a closed group prove key, user and position to each other, with a leaf alone") {
  const auto& [low, high] = low_and_high_member();
  const Outcome out = shake(end_of(low), end_of(high));
  REQUIRE(out.is_done());
  CHECK(out.seen_by_client->id == high.id);
  CHECK(out.seen_by_client->user == high.certificate.user());
  CHECK(out.seen_by_server->id == low.id);
  CHECK(out.seen_by_server->key == low.certificate.key_fingerprint());
  // One certificate a flight: two would not fit.
  REQUIRE(out.sizes.size() == 3);
  CHECK(out.sizes[1] < 1000);
  CHECK(out.sizes[2] < 1000);
}

TEST_CASE("self-signed in a closed group is refused, as client and as server") {
  const auto& [low, high] = low_and_high_member();
  const Identity& stranger = third();
  const Outcome as_client = shake(end_of(stranger), end_of(high));
  CHECK(as_client.server == State::failed);
  CHECK(contains(as_client.server_failure, "self-signed"));
  const Outcome as_server = shake(end_of(low), end_of(stranger));
  CHECK(as_server.client == State::failed);
  CHECK(contains(as_server.client_failure, "self-signed"));
}

TEST_CASE("S23: an open and a closed group, and two closed groups, never agree") {
  const auto& [low, high] = low_and_high_member();
  const Trust other = *TrustStore::closed_group(make_authority("Other").certificate());
  for (const Trust& trust : {other, TrustStore::open_group()}) {
    CHECK(shake(end_of(low, trust), end_of(high)).client == State::failed);
    CHECK(shake(end_of(low), end_of(high, trust)).server == State::failed);
  }
}

TEST_CASE("S23: no changed octet of a client hello, nor of the flights after it, is overlooked") {
  const auto& [low, high] = low_and_high_member();
  for (std::size_t flight = 0; flight < 3; ++flight) {
    for (std::size_t at = flight; at < 1000; at += flight == 0 ? 1 : 83) {
      // The version in a record's head is ignored by the protocol itself.
      if (at == 1 || at == 2) continue;
      CAPTURE(flight);
      CAPTURE(at);
      bool is_tampered = false;
      const Outcome out = shake(end_of(low), end_of(high), [&](std::size_t n, Bytes& octets) {
        if (n != flight || at >= octets.size()) return;
        octets[at] ^= std::byte{0x04};
        is_tampered = true;
      });
      if (is_tampered) CHECK(out.server != State::done);
    }
  }
}

TEST_CASE("a stolen certificate with another key proves nothing") {
  // The thief's key claims the member's public point, or TLS would not even begin.
  const auto thief = PrivateKey::from_pem(read_pem("thief_key"));
  const auto owner = PrivateKey::from_pem(read_pem("member_key"));
  const auto stolen = Certificate::from_pem(read_pem("member"));
  const auto vector_authority = Certificate::from_pem(read_pem("authority"));
  REQUIRE(thief.has_value());
  const WallTime wall{1'800'000'000};
  const Trust trust = *TrustStore::closed_group(*vector_authority);
  const End honest{*owner, *stolen, trust, wall};
  const End with_stolen{*thief, *stolen, trust, wall};
  CHECK(shake(honest, honest).is_done());
  const Outcome as_client = shake(with_stolen, honest);
  CHECK(as_client.server == State::failed);
  CHECK_MESSAGE(contains(as_client.server_failure, "signature"), as_client.server_failure);
  const Outcome as_server = shake(honest, with_stolen);
  CHECK(as_server.client == State::failed);
  CHECK(as_server.server != State::done);
}

TEST_CASE("a revoked member is refused, and the reason says so") {
  const auto& [low, high] = low_and_high_member();
  const Outcome by_key = shake(end_of(low), end_of(high, closed_group_without({low.certificate.key_fingerprint()})));
  CHECK(by_key.server == State::failed);
  CHECK(contains(by_key.server_failure, "revoked"));
  const Outcome by_user = shake(end_of(low, closed_group_without({}, {high.certificate.user()})), end_of(high));
  CHECK(by_user.client == State::failed);
  CHECK(contains(by_user.client_failure, "revoked"));
}

TEST_CASE("S21: members whose clocks disagree get a reason that says clocks") {
  const Identity& high = low_and_high_member().second;
  const Identity old = member("old", wall_at_start - 1h);
  const Identity early = member("early", member_until, wall_at_start + 1h);
  const Outcome expired = shake(end_of(old), end_of(high));
  CHECK(expired.server == State::failed);
  CHECK(contains(expired.server_failure, "has expired: check the clocks"));
  const Outcome not_yet = shake(end_of(early), end_of(high));
  CHECK(not_yet.server == State::failed);
  CHECK(contains(not_yet.server_failure, "not valid yet: check the clocks"));
  // Wrong by a year: this node refuses, with a reason; what the others do does not change.
  const Outcome by_a_year = shake(end_of(high, closed_group(), wall_at_start + std::chrono::hours(24 * 365)),
                                  end_of(low_and_high_member().first));
  CHECK(by_a_year.client == State::failed);
  CHECK(contains(by_a_year.client_failure, "check the clocks"));
  CHECK(shake(end_of(low_and_high_member().first), end_of(high)).is_done());
}

}  // namespace
}  // namespace ipop::crypto::test
