#include "dataplane/segmenter.hpp"

#include <algorithm>

#include "net/checksum.hpp"

namespace ipop::dataplane {

std::string_view Segmenter::begin(const net::VnetHeader& todo, Octets packet) {
  packet_ = packet;
  segment_ = 0;
  count_ = 1;
  given_ = 0;
  if (todo.cut != net::VnetHeader::Cut::none) return begin_cutting(todo);
  const auto refused = todo.has_checksum_to_do ? complete_only(todo) : std::string_view();
  // Whoever takes the packet judges what is broken; here only the padding of a short frame goes.
  if (packet_.size() >= ip::header && octet_at(packet_, 0) >> 4U == 4) {
    const std::size_t total = word_at(packet_, ip::total_length);
    if (total >= ip::header && total < packet_.size()) packet_ = packet_.first(total);
  }
  return refused;
}

std::string_view Segmenter::complete_only(const net::VnetHeader& todo) {
  const std::size_t start = todo.checksum_start;
  const std::size_t field = start + todo.checksum_offset;
  if (start < ethernet_header || field + 2 > ethernet_header + packet_.size()) return "drop_vnet_checksum";
  const std::size_t begin = start - ethernet_header;
  const std::size_t at = field - ethernet_header;
  Transport transport;
  // The field holds the sum of the pseudo header, so all from the start on sums up to the checksum.
  std::size_t end = packet_.size();
  const bool is_whole = find_transport(packet_, transport);
  if (is_whole) end = transport.total;
  if (at + 2 > end) return "drop_vnet_checksum";
  const std::uint16_t sum = net::internet_checksum(packet_.subspan(begin, end - begin));
  const bool is_udp = is_whole && transport.protocol == ip::udp;
  set_word(packet_, at, sum == 0 && is_udp ? 0xffff : sum);
  return {};
}

std::string_view Segmenter::begin_cutting(const net::VnetHeader& todo) {
  using Cut = net::VnetHeader::Cut;
  if (todo.cut != Cut::tcp4 && todo.cut != Cut::udp) return "drop_vnet_kind";
  if (!find_transport(packet_, transport_)) return "drop_vnet_headers";
  if (transport_.protocol != (todo.cut == Cut::tcp4 ? ip::tcp : ip::udp)) return "drop_vnet_headers";
  if (transport_.total != packet_.size()) return "drop_vnet_length";
  if (!todo.has_checksum_to_do || todo.checksum_start != ethernet_header + transport_.ip_header ||
      std::size_t{todo.checksum_start} + todo.checksum_offset != ethernet_header + transport_.checksum_at()) {
    return "drop_vnet_checksum";
  }
  const std::size_t payload = transport_.total - transport_.header;
  if (todo.segment == 0 || payload == 0) return "drop_vnet_segments";
  count_ = (payload + todo.segment - 1) / todo.segment;
  if (count_ > most_segments) return "drop_vnet_segments";
  segment_ = todo.segment;
  std::ranges::copy(packet_.first(transport_.header), header_.begin());
  return {};
}

std::size_t Segmenter::largest() const {
  return segment_ == 0 ? packet_.size() : std::min(packet_.size(), transport_.header + segment_);
}

Octets Segmenter::next() {
  if (given_ == count_) return {};
  const std::size_t index = given_++;
  if (segment_ == 0) return packet_;
  const std::size_t from = index * segment_;
  const std::size_t size = std::min(segment_, packet_.size() - transport_.header - from);
  const bool is_last = given_ == count_;
  // Over the end of the payload before, which is used up.
  const Octets out = packet_.subspan(from, transport_.header + size);
  std::copy_n(header_.begin(), transport_.header, out.begin());
  Transport transport = transport_;
  transport.total = out.size();
  set_word(out, ip::total_length, out.size());
  set_word(out, ip::identification, (word_at(header_, ip::identification) + index) & 0xffffU);
  complete_ip_checksum(out, transport.ip_header);
  const Octets behind = out.subspan(transport.ip_header);
  if (transport.protocol == ip::udp) {
    set_word(behind, udp::length, behind.size());
  } else {
    set_long(behind, tcp::sequence,
             long_at(header_, transport.ip_header + tcp::sequence) + static_cast<std::uint32_t>(from));
    unsigned flags = octet_at(behind, tcp::flags);
    if (!is_last) flags &= ~(tcp::fin | tcp::psh);
    if (index != 0) flags &= ~tcp::cwr;
    set_octet(behind, tcp::flags, flags);
  }
  complete_checksum(out, transport);
  return out;
}

}  // namespace ipop::dataplane
