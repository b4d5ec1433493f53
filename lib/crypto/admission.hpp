#pragma once

#include <memory>
#include <utility>

#include "crypto/basis.hpp"
#include "crypto/handshake.hpp"

namespace ipop::crypto {

/// Whom the handshakes of a table admit: each begins with, and ends by, what the node's basis says at that moment.
class Admission {
 public:
  /// Both outlive this.
  Admission(const Basis& basis, HandshakeFactory& handshakes)
      : basis_(basis), handshakes_(handshakes), group_(basis.group()) {}

  [[nodiscard]] std::unique_ptr<Handshake> begin(TimePoint now, HandshakeRole role) const {
    return handshakes_.make(role, basis_.wall_at(now), basis_.trust());
  }
  [[nodiscard]] const HandshakeFactory& handshakes() const { return handshakes_; }
  /// False when the peer was revoked, for example while its handshake ran.
  [[nodiscard]] bool admits(const PeerIdentity& peer) const { return admits(peer.key, peer.user); }
  [[nodiscard]] bool admits(const Digest256& key, std::string_view user) const {
    return !basis_.trust()->is_revoked(key, user);
  }
  /// The basis is of another group than at the last call: nobody who was admitted before is any more.
  [[nodiscard]] bool take_group_changed() { return std::exchange(group_, basis_.group()) != basis_.group(); }

 private:
  const Basis& basis_;
  HandshakeFactory& handshakes_;
  unsigned group_;
};

}  // namespace ipop::crypto
