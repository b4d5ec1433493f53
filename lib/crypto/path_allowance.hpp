#pragma once

#include <cstddef>

namespace ipop::crypto {

/// What may be sent to a place that has not proved to be the peer's: three times what came from there
/// (RFC 9000, 8.1), so that nobody is flooded by giving his address as one's own.
class PathAllowance {
 public:
  static constexpr std::size_t factor = 3;

  void note_received(std::size_t octets) { left_ += factor * octets; }
  /// True when so much may be sent; it counts as sent then.
  bool take(std::size_t octets) {
    if (octets > left_) return false;
    left_ -= octets;
    return true;
  }

 private:
  std::size_t left_ = 0;
};

}  // namespace ipop::crypto
