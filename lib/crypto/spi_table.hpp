#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/rng.hpp"
#include "crypto/handshake_frame.hpp"
#include "crypto/session.hpp"

namespace ipop::crypto {

struct Channel;

/// Every SPI under which this node receives: drawn for a handshake, and a channel's from the moment the handshake has
/// keys. It is what handshakes and channels share. Who has an SPI releases it: the handshake that ended without keys,
/// the channel that drops a session.
///
/// Sealed packets that overtake the end of their handshake wait here: a first burst fits, a flood does not.
class SpiTable {
 public:
  static constexpr std::size_t parked_per_spi = 8;
  static constexpr std::size_t parked_in_all = 256;
  static constexpr std::size_t parked_octets = 2048;

  explicit SpiTable(Rng& rng) : rng_(rng) {}

  /// A session's id under an SPI that nobody has. It has room for lanes.
  SessionId draw();
  /// What comes under it is for the channel, which lives until it is released.
  void assign(Spi spi, Channel& channel);
  /// Null for nobody's, and while its handshake runs.
  [[nodiscard]] Channel* channel_at(Spi spi) const;
  /// Nothing that comes under it is taken any more. Nothing for one that nobody has.
  void release(Spi spi);

  /// Keeps a packet for the end of the handshake that has the SPI; false when there is no room.
  bool park(Spi spi, ByteSpan packet);
  /// In the order in which they came.
  [[nodiscard]] std::vector<Bytes> take_parked(Spi spi);

  void clear();

 private:
  struct Entry {
    Channel* channel = nullptr;
    std::vector<Bytes> parked{};
  };

  Rng& rng_;
  // Only looked up, never iterated: nothing depends on its order.
  std::unordered_map<Spi, Entry> entries_;
  std::size_t parked_ = 0;
};

}  // namespace ipop::crypto
