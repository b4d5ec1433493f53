#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace ipop::crypto {

/// Both directions of the octet stream of one handshake over packets that are lost, doubled and
/// reordered: what to send, what is acknowledged, what has arrived in order. Its owner keeps time.
class FrameStream {
 public:
  /// Octets a direction in the whole handshake; a flight of certificates is about 1,200.
  static constexpr std::size_t capacity = std::size_t{32} * 1024;

  struct Piece {
    std::uint32_t offset = 0;
    ByteSpan data{};  ///< valid until the next call that is not const
  };

  /// Queues octets for the peer; false when that would exceed the capacity.
  bool write(ByteSpan octets);
  /// The pieces not sent before, each at most max_frame_data octets.
  std::vector<Piece> take_unsent();
  /// The pieces sent and not acknowledged, to be sent again.
  [[nodiscard]] std::vector<Piece> unacknowledged() const;
  /// The first piece, for the message that opens the stream; marks it as sent.
  Piece take_first();

  enum class Arrival { progress, duplicate, refused };
  /// Takes octets of the peer's stream. Refused: beyond `most` octets, or too many gaps.
  Arrival receive(std::uint32_t offset, ByteSpan data, std::size_t most = capacity);
  /// Octets that have arrived in order since the last call.
  Bytes take_received();
  /// The peer has the first `count` octets. True when that is news; a count beyond what was sent
  /// is ignored.
  bool acknowledge(std::uint32_t count);

  /// What to acknowledge: octets received in order.
  [[nodiscard]] std::uint32_t received() const { return static_cast<std::uint32_t>(in_order_); }
  /// Nothing waits to be sent or acknowledged.
  [[nodiscard]] bool is_idle() const { return acknowledged_ == outgoing_.size(); }

 private:
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  [[nodiscard]] std::vector<Piece> pieces(std::size_t from, std::size_t to) const;

  Bytes outgoing_;
  std::size_t sent_ = 0;
  std::size_t acknowledged_ = 0;
  Bytes incoming_;
  std::size_t in_order_ = 0;
  std::size_t taken_ = 0;
  std::vector<Range> islands_;  // beyond in_order_, ascending, apart from each other
};

}  // namespace ipop::crypto
