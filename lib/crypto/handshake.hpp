#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/aead.hpp"
#include "crypto/certificate.hpp"
#include "crypto/hash.hpp"
#include "crypto/trust_store.hpp"

namespace ipop::crypto {

/// Who is TLS client: the node with the lower id.
enum class HandshakeRole { client, server };

/// The keys of both directions of a session, seen from one end.
struct SessionKeys {
  AeadKey send{};
  AeadKey receive{};
};

/// One mutual handshake as a byte stream: the carrier acknowledges and repeats, this never waits.
///
/// As in TLS 1.3 the client speaks first and last: a server is done when the client's last flight has
/// come, and whatever it would say then reaches nobody.
class Handshake {
 public:
  enum class State { running, done, failed };

  Handshake() = default;
  Handshake(const Handshake&) = delete;
  Handshake& operator=(const Handshake&) = delete;
  virtual ~Handshake() = default;

  /// Takes the next octets of the peer's stream (in order); empty input starts a client.
  virtual State advance(ByteSpan incoming) = 0;
  /// Octets for the peer since the last call.
  virtual Bytes take_outgoing() = 0;
  /// Only in State::failed: why, for the journal (foreign text is escaped).
  [[nodiscard]] virtual std::string failure() const = 0;
  /// Only in State::done.
  [[nodiscard]] virtual const PeerIdentity& peer() const = 0;
  /// Only in State::done: what both ends have agreed on, as both have proven.
  [[nodiscard]] virtual AeadSuite suite() const = 0;
  /// Only in State::done; keys for suite(); both ends pass the same context (RFC 5705, RFC 8446 section 7.5).
  [[nodiscard]] virtual SessionKeys export_keys(ByteSpan context) const = 0;
  /// Only in State::done; for the keys of a session's lanes; the same at both ends, and not to be had from the above.
  [[nodiscard]] virtual Digest256 export_lane_secret(ByteSpan context) const = 0;
};

/// Makes handshakes with this node's own identity.
class HandshakeFactory {
 public:
  HandshakeFactory() = default;
  HandshakeFactory(const HandshakeFactory&) = delete;
  HandshakeFactory& operator=(const HandshakeFactory&) = delete;
  virtual ~HandshakeFactory() = default;

  enum class Beginning { incomplete, whole, nonsense };
  /// What the first octets of a client's stream are: a server needs no handshake before the client's first
  /// message is whole.
  [[nodiscard]] virtual Beginning look_at(ByteSpan stream) const = 0;

  /// `trust` judges the peer's certificate at the time `wall`.
  virtual std::unique_ptr<Handshake> make(HandshakeRole role, WallTime wall,
                                          const std::shared_ptr<const TrustStore>& trust) = 0;
};

/// TLS 1.3 by OpenSSL over memory BIOs: mutual certificates, no tickets, no early data
/// (RFC 8446). Each side sends its own certificate and nothing above it. `offers` are the suites that this node takes
/// part in, the best first; one at least. The first of the client's that the server has is used, in TLS and for
/// packets; without one in common the handshake fails.
std::unique_ptr<HandshakeFactory> make_tls_handshake_factory(const PrivateKey& key, const Certificate& certificate,
                                                             std::span<const AeadSuite> offers = std::array{
                                                                 AeadSuite::aes_128_gcm, AeadSuite::chacha20_poly1305});

}  // namespace ipop::crypto
