#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ipop {

/// Octets to look at; nobody keeps a span past the call.
using ByteSpan = std::span<const std::byte>;
/// Octets that somebody owns.
using Bytes = std::vector<std::byte>;

inline ByteSpan as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline Bytes to_bytes(ByteSpan span) {
  return {span.begin(), span.end()};
}
inline std::string_view as_text(ByteSpan span) {
  return {reinterpret_cast<const char*>(span.data()), span.size()};
}
inline void append(Bytes& out, ByteSpan more) {
  out.insert(out.end(), more.begin(), more.end());
}
inline bool equal(ByteSpan a, ByteSpan b) {
  return std::ranges::equal(a, b);
}

/// Reads fields in network byte order and never past the end: after the first short read
/// everything is zero and ok() is false, so a decoder checks ok() once.
class ByteReader {
 public:
  explicit ByteReader(ByteSpan octets) : rest_(octets) {}

  template <std::unsigned_integral T>
  T read() {
    const ByteSpan field = take(sizeof(T));
    T value = 0;
    for (const std::byte octet : field) {
      value = static_cast<T>((std::uint64_t{value} << 8U) | std::to_integer<std::uint64_t>(octet));
    }
    return value;
  }

  /// The next `count` octets, or none of them.
  ByteSpan take(std::size_t count) {
    if (!ok_ || count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const ByteSpan field = rest_.first(count);
    rest_ = rest_.subspan(count);
    return field;
  }

  template <std::size_t N>
  std::array<std::byte, N> take_array() {
    std::array<std::byte, N> out{};
    const ByteSpan field = take(N);
    std::ranges::copy(field, out.begin());
    return out;
  }

  /// A field whose length stands before it in one or two octets.
  ByteSpan take_sized8() { return take(read<std::uint8_t>()); }
  ByteSpan take_sized16() { return take(read<std::uint16_t>()); }

  /// All that is left; leaves nothing.
  ByteSpan take_rest() { return take(rest_.size()); }

  [[nodiscard]] bool ok() const { return ok_; }
  /// True when every read succeeded and nothing is left.
  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }

 private:
  ByteSpan rest_;
  bool ok_ = true;
};

/// Appends fields in network byte order to a vector that the caller owns.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}

  template <std::unsigned_integral T>
  void write(T value) {
    for (std::size_t i = sizeof(T); i-- > 0;) {
      out_.push_back(static_cast<std::byte>((std::uint64_t{value} >> (8U * i)) & 0xffU));
    }
  }
  void write(ByteSpan octets) { append(out_, octets); }
  void write_zeros(std::size_t count) { out_.insert(out_.end(), count, std::byte{0}); }
  /// Length in one or two octets, then the octets; the caller keeps them within the length's range.
  void write_sized8(ByteSpan octets) {
    write(static_cast<std::uint8_t>(octets.size()));
    write(octets);
  }
  void write_sized16(ByteSpan octets) {
    write(static_cast<std::uint16_t>(octets.size()));
    write(octets);
  }

 private:
  Bytes& out_;
};

}  // namespace ipop
