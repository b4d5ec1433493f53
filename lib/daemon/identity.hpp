#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"
#include "crypto/aead.hpp"
#include "crypto/certificate.hpp"
#include "crypto/handshake.hpp"
#include "crypto/private_key.hpp"
#include "net/mac_address.hpp"

namespace ipop::daemon {

/// What follows from a node's key. Stays where it is made: a node refers to its parts.
struct Identity {
  crypto::PrivateKey key;
  NodeId id{};
  std::unique_ptr<crypto::HandshakeFactory> handshakes{};
  std::unique_ptr<crypto::AeadFactory> aeads{};
};

/// The identity that shows `certificate`; without one, a self-signed one as in an open group. `cipher`: the name of an
/// implementation, or `auto` for the one that is found to be the fastest. Error: not_supported, for a cipher that is
/// not to be had here.
Result<std::unique_ptr<Identity>> make_identity(crypto::PrivateKey key,
                                                const std::optional<crypto::Certificate>& certificate, Rng& rng,
                                                const std::string& cipher);

/// Whether it is to be had here, without a trial of how fast it is. Error: as of make_identity().
Result<void> check_cipher(const std::string& cipher);

/// The TAP's address: locally administered, and the same after every start.
net::MacAddress mac_of(const NodeId& id);

}  // namespace ipop::daemon
