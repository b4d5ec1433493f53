#pragma once

#include <cstdint>
#include <memory>

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

/// Handshakes of the node `self`; `seed` decides the nonces.
class StandInHandshakeFactory final : public crypto::HandshakeFactory {
 public:
  StandInHandshakeFactory(const NodeId& self, std::uint64_t seed) : self_(self), rng_(seed) {}
  std::unique_ptr<crypto::Handshake> make(crypto::HandshakeRole role, WallTime wall) override;

 private:
  NodeId self_;
  SeededRng rng_;
};

/// Text in the clear with a tag of 16 octets that tells keys, counters and damage apart.
class StandInAeadFactory final : public crypto::AeadFactory {
 public:
  std::unique_ptr<crypto::Aead> make(const crypto::AeadKey& key) override;
  [[nodiscard]] std::string_view name() const override { return "stand-in"; }
};

}  // namespace ipop::test_support
