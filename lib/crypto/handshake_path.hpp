#pragma once

#include <optional>

#include "crypto/carrier.hpp"
#include "crypto/path_allowance.hpp"

namespace ipop::crypto {

/// Where the packets of a handshake go. To another port of the same address they follow the peer at once (a NAT gave it
/// a new one), which hits nobody else. To another address a handshake of ours follows with an allowance; what exceeds
/// that goes where we asked. One that a stranger opened stays where its cookie was good.
class HandshakePath {
 public:
  /// `is_ours`: we asked there.
  HandshakePath(const Carrier& carrier, bool is_ours) : carrier_(carrier) {
    if (is_ours) asked_ = carrier;
  }

  [[nodiscard]] const Carrier& carrier() const { return carrier_; }
  /// Where we asked; nothing when only the peer did.
  [[nodiscard]] const std::optional<Carrier>& asked() const { return asked_; }
  /// As the owner named it.
  [[nodiscard]] const Carrier& name() const { return asked_ ? *asked_ : carrier_; }
  /// We ask where the peer came from.
  void ask() { asked_ = carrier_; }

  /// Something new of the handshake came from there.
  void follow(const Carrier& from, std::size_t octets) {
    if (from != carrier_) {
      if (!may_follow(carrier_, from)) return;
      const bool is_other_address = from.source() != carrier_.source();
      if (is_other_address && !asked_) return;
      carrier_ = from;
      if (is_other_address) allowance_.emplace();
      if (asked_ && from.source() == asked_->source()) allowance_.reset();
    }
    if (allowance_) allowance_->note_received(octets);
  }
  /// The peer has proved that it is there.
  void move(const Carrier& carrier) {
    carrier_ = carrier;
    allowance_.reset();
  }
  /// Where the next packet goes; it counts as sent.
  [[nodiscard]] const Carrier& next(std::size_t octets) {
    return !allowance_ || allowance_->take(octets) ? carrier_ : *asked_;
  }
  /// Where the channel begins: another address than the one that was asked has to answer a challenge first.
  void conclude() {
    if (allowance_) move(*asked_);
  }

 private:
  Carrier carrier_;
  std::optional<Carrier> asked_{};
  std::optional<PathAllowance> allowance_{};  // while the peer answers from another address than the one asked
};

}  // namespace ipop::crypto
