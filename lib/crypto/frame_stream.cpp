#include "crypto/frame_stream.hpp"

#include <algorithm>

#include "crypto/handshake_frame.hpp"

namespace ipop::crypto {
namespace {

// A full stream has 30 frames; more gaps than that is somebody's game.
constexpr std::size_t max_islands = 32;

}  // namespace

bool FrameStream::write(ByteSpan octets) {
  if (outgoing_.size() + octets.size() > capacity) return false;
  append(outgoing_, octets);
  return true;
}

std::vector<FrameStream::Piece> FrameStream::take_unsent() {
  auto out = pieces(sent_, outgoing_.size());
  sent_ = outgoing_.size();
  return out;
}

std::vector<FrameStream::Piece> FrameStream::unacknowledged() const {
  return pieces(acknowledged_, sent_);
}

FrameStream::Piece FrameStream::take_first() {
  const std::size_t size = std::min(outgoing_.size(), max_frame_data);
  sent_ = std::max(sent_, size);
  return {0, ByteSpan(outgoing_).first(size)};
}

FrameStream::Arrival FrameStream::receive(std::uint32_t offset, ByteSpan data, std::size_t most) {
  Range fresh{offset, offset + data.size()};
  if (fresh.end > std::min(most, capacity)) return Arrival::refused;
  if (fresh.end <= in_order_) return Arrival::duplicate;
  const bool inside_island = std::ranges::any_of(
      islands_, [&](const Range& island) { return fresh.begin >= island.begin && fresh.end <= island.end; });
  if (inside_island) return Arrival::duplicate;
  if (fresh.begin > in_order_ && islands_.size() >= max_islands) return Arrival::refused;

  if (incoming_.size() < fresh.end) incoming_.resize(fresh.end);
  std::ranges::copy(data, incoming_.begin() + static_cast<std::ptrdiff_t>(fresh.begin));
  std::vector<Range> apart;
  for (const Range& island : islands_) {
    if (island.end < fresh.begin || island.begin > fresh.end) {
      apart.push_back(island);
    } else {
      fresh = {std::min(fresh.begin, island.begin), std::max(fresh.end, island.end)};
    }
  }
  if (fresh.begin <= in_order_) {
    in_order_ = fresh.end;
  } else {
    apart.insert(std::ranges::upper_bound(apart, fresh.begin, {}, &Range::begin), fresh);
  }
  islands_ = std::move(apart);
  return Arrival::progress;
}

Bytes FrameStream::take_received() {
  const ByteSpan ready = ByteSpan(incoming_).subspan(taken_, in_order_ - taken_);
  taken_ = in_order_;
  return to_bytes(ready);
}

bool FrameStream::acknowledge(std::uint32_t count) {
  if (count > sent_ || count <= acknowledged_) return false;
  acknowledged_ = count;
  return true;
}

std::vector<FrameStream::Piece> FrameStream::pieces(std::size_t from, std::size_t to) const {
  std::vector<Piece> out;
  while (from < to) {
    const std::size_t size = std::min(to - from, max_frame_data);
    out.push_back({static_cast<std::uint32_t>(from), ByteSpan(outgoing_).subspan(from, size)});
    from += size;
  }
  return out;
}

}  // namespace ipop::crypto
