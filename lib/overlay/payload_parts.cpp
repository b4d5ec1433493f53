#include "overlay/payload_parts.hpp"

#include <algorithm>

#include "overlay/packet.hpp"

namespace ipop::overlay {

Result<PayloadPart> decode_payload_part(ByteSpan payload) {
  ByteReader in(payload);
  const auto kind = in.read<std::uint8_t>();
  PayloadPart part;
  part.number = in.read<std::uint32_t>();
  part.index = in.read<std::uint8_t>();
  part.count = in.read<std::uint8_t>();
  if (!in.ok() || in.remaining() == 0) return {Errc::truncated, "part of a payload"};
  part.octets = in.take_rest();
  if (kind != static_cast<std::uint8_t>(LinkPayload::part)) return {Errc::unsupported, "not a part of a payload"};
  if (part.count < 2 || part.count > PayloadPart::max_count || part.index >= part.count)
    return {Errc::malformed, "place of a part of a payload"};
  return part;
}

void encode(const PayloadPart& part, Bytes& out) {
  ByteWriter writer(out);
  writer.write(static_cast<std::uint8_t>(LinkPayload::part));
  writer.write(part.number);
  writer.write(part.index);
  writer.write(part.count);
  writer.write(part.octets);
}

std::vector<Bytes> split_payload(std::uint32_t number, ByteSpan payload, std::size_t largest) {
  const std::size_t room = largest - std::min(largest, PayloadPart::header_size);
  const std::size_t count = room == 0 ? 0 : std::max<std::size_t>(2, (payload.size() + room - 1) / room);
  if (count == 0 || count > PayloadPart::max_count || payload.size() < count) return {};
  const std::size_t each = (payload.size() + count - 1) / count;
  std::vector<Bytes> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = std::min(i * each, payload.size());
    encode(PayloadPart{number, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(count),
                       payload.subspan(begin, std::min(each, payload.size() - begin))},
           out[i]);
  }
  return out;
}

std::optional<Bytes> PartCollector::handle_part(TimePoint now, const PayloadPart& part) {
  if (parts_.empty() || part.number != number_ || part.count != parts_.size() || begun_ + waits <= now) {
    number_ = part.number;
    begun_ = now;
    octets_ = 0;
    missing_ = part.count;
    parts_.assign(part.count, {});
  }
  Bytes& place = parts_[part.index];
  if (!place.empty() || octets_ + part.octets.size() > max_octets) return std::nullopt;
  place = to_bytes(part.octets);
  octets_ += place.size();
  if (--missing_ > 0) return std::nullopt;
  Bytes whole;
  whole.reserve(octets_);
  for (const Bytes& piece : parts_)
    append(whole, piece);
  parts_.clear();
  return whole;
}

}  // namespace ipop::overlay
