#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/node_id.hpp"
#include "base/rng.hpp"
#include "crypto/aead.hpp"
#include "crypto/handshake.hpp"

// Handshake and AEAD without the arithmetic, for simulations of thousands of nodes: as many
// messages of the same sizes as TLS 1.3 and AES-GCM, the ids bound to the keys, every run the same.
// They keep no secret.

namespace ipop::test_support {

// The flights of the real handshake with self-signed P-256 certificates, as measured; a test holds
// the two against each other.
constexpr std::size_t stand_in_client_hello = 141;
constexpr std::size_t stand_in_server_flight = 718;
constexpr std::size_t stand_in_client_flight = 556;

/// What stands for a certificate: nobody signs it, so the group's rule is to name the authority.
struct StandInCertificate {
  crypto::Digest256 authority{};  ///< fingerprint of its certificate; zeros for a self-signed one
  crypto::Digest256 key{};        ///< fingerprint of the member's key
  std::string user{};             ///< at most 64 octets
};

/// Handshakes of the node `self`; `seed` decides the nonces. In a closed group a peer is admitted
/// when its certificate names the authority and neither its key nor its user is revoked; in an open
/// one when it names none.
class StandInHandshakeFactory final : public crypto::HandshakeFactory {
 public:
  StandInHandshakeFactory(const NodeId& self, std::uint64_t seed, StandInCertificate certificate = {})
      : self_(self), certificate_(std::move(certificate)), rng_(seed) {}
  [[nodiscard]] Beginning look_at(ByteSpan stream) const override {
    return stream.size() < stand_in_client_hello ? Beginning::incomplete : Beginning::whole;
  }
  std::unique_ptr<crypto::Handshake> make(crypto::HandshakeRole role, WallTime wall,
                                          const std::shared_ptr<const crypto::TrustStore>& trust) override;

 private:
  NodeId self_;
  StandInCertificate certificate_;
  SeededRng rng_;
};

/// Text in the clear with a tag of 16 octets that tells keys, counters and damage apart.
class StandInAeadFactory final : public crypto::AeadFactory {
 public:
  std::unique_ptr<crypto::Aead> make(const crypto::AeadKey& key) override;
  [[nodiscard]] std::string_view name() const override { return "stand-in"; }
};

}  // namespace ipop::test_support
