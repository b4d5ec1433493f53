#include "dht/delta.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ipop::dht {

namespace {

constexpr std::uint8_t copies = 0x80;  // 0x80 to 0xfe: that many octets and one are in the base, at the cursor
constexpr std::uint8_t moves = 0xff;   // the cursor moves: a position in the base follows
constexpr std::size_t longest_literal = 128;
constexpr std::size_t longest_copy = moves - copies;
constexpr std::size_t largest_base = 0xffff;

// A move costs three octets, and ends a run of new octets.
constexpr std::size_t worth_a_move = 6;
constexpr std::size_t worth_a_copy = 3;
constexpr std::size_t key_octets = 4;

// Where the first four octets of a match may begin in the base; of several places the last is remembered.
class Places {
 public:
  explicit Places(ByteSpan base) {
    for (std::size_t i = 0; i + key_octets <= base.size(); ++i)
      first_[slot(base, i)] = static_cast<std::uint16_t>(i + 1);
  }
  [[nodiscard]] std::size_t find(ByteSpan octets, std::size_t at, std::size_t otherwise) const {
    if (at + key_octets > octets.size()) return otherwise;
    const std::uint16_t place = first_[slot(octets, at)];
    return place == 0 ? otherwise : place - 1U;
  }

 private:
  static std::size_t slot(ByteSpan octets, std::size_t at) {
    std::uint32_t key = 0;
    for (std::size_t i = 0; i < key_octets; ++i)
      key = key << 8U | std::to_integer<std::uint32_t>(octets[at + i]);
    return (key * 2654435761U) >> 22U;  // Knuth's multiplicative hash, to ten bits
  }
  std::array<std::uint16_t, 1024> first_{};  // the position and one
};

std::size_t match(ByteSpan octets, std::size_t at, ByteSpan base, std::size_t cursor) {
  if (cursor >= base.size()) return 0;
  const ByteSpan ours = octets.subspan(at);
  const ByteSpan theirs = base.subspan(cursor);
  const auto ends = std::ranges::mismatch(ours, theirs);
  return static_cast<std::size_t>(ends.in1 - ours.begin());
}

void write_literal(ByteWriter& out, ByteSpan octets) {
  while (!octets.empty()) {
    const std::size_t length = std::min(octets.size(), longest_literal);
    out.write(static_cast<std::uint8_t>(length - 1));
    out.write(octets.first(length));
    octets = octets.subspan(length);
  }
}

void write_copy(ByteWriter& out, std::size_t length) {
  while (length > 0) {
    const std::size_t now = std::min(length, longest_copy);
    out.write(static_cast<std::uint8_t>(copies + now - 1));
    length -= now;
  }
}

}  // namespace

Bytes delta_of(ByteSpan octets, ByteSpan base) {
  base = base.first(std::min(base.size(), largest_base));
  const Places places(base);
  Bytes delta;
  ByteWriter out(delta);
  std::size_t cursor = 0;
  std::size_t literal = 0;  // where the octets begin that were not written yet
  std::size_t at = 0;
  while (at < octets.size()) {
    // New octets take the place of as many old ones, so the cursor goes on with them.
    const std::size_t here = cursor + (at - literal);
    const std::size_t there = places.find(octets, at, here);
    const std::size_t stays = match(octets, at, base, here);
    const std::size_t jumps = there == here ? 0 : match(octets, at, base, there);
    const bool is_move = jumps >= stays + worth_a_move;
    const std::size_t length = is_move ? jumps : stays;
    if (length < worth_a_copy) {
      ++at;
      continue;
    }
    write_literal(out, octets.subspan(literal, at - literal));
    if (is_move) {
      out.write(moves);
      out.write(static_cast<std::uint16_t>(there));
    }
    write_copy(out, length);
    cursor = (is_move ? there : here) + length;
    at += length;
    literal = at;
  }
  write_literal(out, octets.subspan(literal));
  return delta;
}

Result<Bytes> apply_delta(ByteSpan delta, ByteSpan base, std::size_t limit) {
  ByteReader in(delta);
  Bytes out;
  std::size_t cursor = 0;
  while (in.remaining() > 0) {
    const auto step = in.read<std::uint8_t>();
    if (step == moves) {
      cursor = in.read<std::uint16_t>();
      if (!in.ok()) return {Errc::truncated, "step of a packed certificate"};
      continue;
    }
    const std::size_t length = step < copies ? step + 1U : step - copies + 1U;
    if (out.size() + length > limit) return {Errc::too_large, "packed certificate"};
    if (step < copies) {
      append(out, in.take(length));
      if (!in.ok()) return {Errc::truncated, "step of a packed certificate"};
    } else {
      if (cursor > base.size() || length > base.size() - cursor) {
        return {Errc::malformed, "step of a packed certificate"};
      }
      append(out, base.subspan(cursor, length));
    }
    cursor += length;
  }
  return out;
}

}  // namespace ipop::dht
