#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace ipop::overlay {

/// A piece of a payload that is larger than what the path carries; docs/wire/overlay.md.
///
///    5 | number 4 | index 1 | count 1 | octets
struct PayloadPart {
  static constexpr std::size_t header_size = 7;
  static constexpr std::size_t max_count = 32;

  std::uint32_t number = 0;  ///< of the payload, the same in all its parts
  std::uint8_t index = 0;
  std::uint8_t count = 2;
  ByteSpan octets{};
};

/// Reads a whole payload, its first octet included; the part looks into it.
/// Errors: truncated, unsupported (not a part), malformed (no octets, index beyond count, fewer than two parts,
/// too many).
Result<PayloadPart> decode_payload_part(ByteSpan payload);
void encode(const PayloadPart& part, Bytes& out);

/// `payload` in parts of at most `largest` octets each, all about the same. Empty when it would take too many.
std::vector<Bytes> split_payload(std::uint32_t number, ByteSpan payload, std::size_t largest);

/// Puts the parts of one link together. They follow each other on one path, so it keeps one payload at a time: the
/// first part of another takes its place.
class PartCollector {
 public:
  static constexpr Duration waits = 3s;  ///< for the last part; a lost one is not repeated
  static constexpr std::size_t max_octets = 16384;

  /// The payload that this part completes.
  std::optional<Bytes> handle_part(TimePoint now, const PayloadPart& part);

 private:
  std::uint32_t number_ = 0;
  TimePoint begun_{};
  std::size_t octets_ = 0;
  std::size_t missing_ = 0;
  std::vector<Bytes> parts_;
};

}  // namespace ipop::overlay
