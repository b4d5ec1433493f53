#include "dataplane/coalescer.hpp"

#include <algorithm>
#include <cstring>

#include "net/ethernet.hpp"

namespace ipop::dataplane {
namespace {

constexpr std::size_t most_octets = 65'535;

bool is_equal(ByteSpan a, ByteSpan b, std::size_t at, std::size_t size) {
  return std::memcmp(a.data() + at, b.data() + at, size) == 0;
}

}  // namespace

void Coalescer::add(Octets packet, const net::MacAddress& to) {
  Transport transport;
  const bool is_known = find_transport(packet, transport) && transport.total == packet.size();
  if (is_known && join_open(packet, transport, to)) return;

  Joined& joined = joined_.emplace_back();
  joined.first = packet;
  joined.to = to;
  joined.total = packet.size();
  if (!is_known || !may_begin(packet, transport) || !has_good_checksums(packet, transport)) return;
  joined.transport = transport;
  joined.segment = packet.size() - transport.header;
  if (is_last(joined, packet, joined.segment)) return;
  if (open_.size() == open_at_once) open_.erase(open_.begin());
  open_.push_back(static_cast<std::uint32_t>(joined_.size() - 1));
}

/// True when the packet has become a part of one that is there; one of its flow that it does not fit is at its end.
bool Coalescer::join_open(Octets packet, const Transport& transport, const net::MacAddress& to) {
  const auto at =
      std::ranges::find_if(open_, [&](std::uint32_t index) { return is_same_flow(joined_[index], packet, transport); });
  if (at == open_.end()) return false;
  Joined& joined = joined_[*at];
  const std::size_t payload = packet.size() - transport.header;
  const bool joins = joined.to == to && may_join(joined, packet, transport) && has_good_checksums(packet, transport);
  if (joins) {
    const auto piece = static_cast<std::uint32_t>(pieces_.size());
    pieces_.push_back({packet.subspan(transport.header), none});
    (joined.last_piece == none ? joined.first_piece : pieces_[joined.last_piece].next) = piece;
    joined.last_piece = piece;
    joined.total += payload;
    ++joined.count;
    if (transport.protocol == ip::tcp)
      joined.end_flags = octet_at(packet, transport.ip_header + tcp::flags) & (tcp::fin | tcp::psh);
  }
  if (!joins || is_last(joined, packet, payload)) open_.erase(at);
  return joins;
}

bool Coalescer::may_begin(ByteSpan packet, const Transport& transport) const {
  if (transport.ip_header != ip::header || packet.size() == transport.header) return false;
  if (transport.protocol == ip::udp) return limits_.udp && word_at(packet, transport.checksum_at()) != 0;
  const unsigned kept_out = tcp::syn | tcp::rst | tcp::urg | tcp::cwr;
  return limits_.tcp && (octet_at(packet, transport.ip_header + tcp::flags) & kept_out) == 0 &&
         word_at(packet, transport.ip_header + tcp::urgent) == 0;
}

/// The end of what can be joined: a packet that says so, a short one, or no room.
bool Coalescer::is_last(const Joined& joined, ByteSpan packet, std::size_t payload) {
  const Transport& transport = joined.transport;
  if (payload < joined.segment || joined.total + joined.segment > most_octets) return true;
  if (joined.count >= most_joined) return true;
  return transport.protocol == ip::tcp &&
         (octet_at(packet, transport.ip_header + tcp::flags) & (tcp::fin | tcp::psh)) != 0;
}

bool Coalescer::is_same_flow(const Joined& joined, ByteSpan packet, const Transport& transport) {
  return joined.transport.protocol == transport.protocol && is_equal(joined.first, packet, ip::source, 8) &&
         std::memcmp(joined.first.data() + joined.transport.ip_header, packet.data() + transport.ip_header, 4) == 0;
}

bool Coalescer::may_join(const Joined& joined, ByteSpan packet, const Transport& transport) {
  const ByteSpan first = joined.first;
  const std::size_t payload = packet.size() - transport.header;
  if (transport.ip_header != ip::header || transport.header != joined.transport.header) return false;
  if (payload == 0 || payload > joined.segment) return false;
  if (!is_equal(first, packet, 0, 2) || !is_equal(first, packet, ip::fragment, 3)) return false;
  const unsigned expected = (word_at(first, ip::identification) + joined.count) & 0xffffU;
  if (word_at(packet, ip::identification) != expected) return false;
  const std::size_t begin = transport.ip_header;
  if (transport.protocol == ip::udp) return word_at(packet, begin + udp::checksum) != 0;
  const auto sequence =
      long_at(first, begin + tcp::sequence) + static_cast<std::uint32_t>(joined.total - transport.header);
  if (long_at(packet, begin + tcp::sequence) != sequence) return false;
  // Data offset with its reserved bits; window; options. The last packet may say PSH and FIN.
  const unsigned other_flags = octet_at(first, begin + tcp::flags) ^ octet_at(packet, begin + tcp::flags);
  return (other_flags & ~(tcp::fin | tcp::psh)) == 0 && is_equal(first, packet, begin + tcp::acknowledged, 5) &&
         is_equal(first, packet, begin + tcp::window, 2) && word_at(packet, begin + tcp::urgent) == 0 &&
         is_equal(first, packet, begin + tcp::header, transport.header - begin - tcp::header);
}

std::span<const net::JoinedFrame> Coalescer::finish() {
  frames_.clear();
  spans_.clear();
  // No span moves while frames point into them.
  spans_.reserve(joined_.size() + pieces_.size());
  frames_.reserve(joined_.size());
  for (Joined& joined : joined_)
    make_frame(joined);
  open_.clear();
  return frames_;
}

void Coalescer::make_frame(Joined& joined) {
  const std::size_t begin = spans_.size();
  spans_.emplace_back(joined.first);
  for (std::uint32_t piece = joined.first_piece; piece != none; piece = pieces_[piece].next)
    spans_.push_back(pieces_[piece].octets);
  net::JoinedFrame& frame = frames_.emplace_back();
  std::ranges::copy(joined.to.octets(), frame.ethernet.begin());
  std::ranges::copy(from_.octets(), frame.ethernet.begin() + net::MacAddress::size);
  set_word(frame.ethernet, 2 * net::MacAddress::size, static_cast<unsigned>(net::EtherType::ipv4));
  frame.packet = std::span(spans_).subspan(begin);
  if (joined.count == 1) return;

  const Transport& transport = joined.transport;
  const bool is_tcp = transport.protocol == ip::tcp;
  const Octets first = joined.first;
  const std::size_t behind = joined.total - transport.ip_header;
  set_word(first, ip::total_length, joined.total);
  complete_ip_checksum(first, transport.ip_header);
  if (is_tcp) {
    const std::size_t flags = transport.ip_header + tcp::flags;
    set_octet(first, flags, octet_at(first, flags) | joined.end_flags);
  } else {
    set_word(first, transport.ip_header + udp::length, behind);
  }
  set_word(first, transport.checksum_at(), pseudo_header_sum(first, transport.protocol, behind));
  net::VnetHeader& header = frame.header;
  header.has_checksum_to_do = true;
  header.cut = is_tcp ? net::VnetHeader::Cut::tcp4 : net::VnetHeader::Cut::udp;
  header.header_length = static_cast<std::uint16_t>(ethernet_header + transport.header);
  header.segment = static_cast<std::uint16_t>(joined.segment);
  header.checksum_start = static_cast<std::uint16_t>(ethernet_header + transport.ip_header);
  header.checksum_offset = static_cast<std::uint16_t>(transport.checksum_at() - transport.ip_header);
}

void Coalescer::clear() {
  joined_.clear();
  pieces_.clear();
  open_.clear();
  spans_.clear();
  frames_.clear();
}

}  // namespace ipop::dataplane
