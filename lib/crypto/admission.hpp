#pragma once

#include <memory>
#include <utility>

#include "base/wall_clock.hpp"
#include "crypto/handshake.hpp"
#include "crypto/trust_store.hpp"

namespace ipop::crypto {

/// Who is admitted, and at what time of day that is judged: what every handshake of a table begins with.
class Admission {
 public:
  /// Everybody, as in an open group, until the first set_trust(). The factory outlives this.
  explicit Admission(HandshakeFactory& handshakes) : handshakes_(handshakes) {}

  /// UTC at `now`.
  void set_wall_time(TimePoint now, WallTime wall) { clock_.set(now, wall); }
  void set_trust(std::shared_ptr<const TrustStore> trust) { trust_ = std::move(trust); }
  [[nodiscard]] const TrustStore& trust() const { return *trust_; }

  [[nodiscard]] std::unique_ptr<Handshake> begin(TimePoint now, HandshakeRole role) const {
    return handshakes_.make(role, clock_.at(now), trust_);
  }
  [[nodiscard]] const HandshakeFactory& handshakes() const { return handshakes_; }
  /// False when the peer was revoked, for example while its handshake ran.
  [[nodiscard]] bool admits(const PeerIdentity& peer) const { return !trust_->is_revoked(peer.key, peer.user); }

 private:
  HandshakeFactory& handshakes_;
  WallClock clock_;
  std::shared_ptr<const TrustStore> trust_ = TrustStore::open_group();
};

}  // namespace ipop::crypto
