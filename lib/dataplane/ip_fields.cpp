#include "dataplane/ip_fields.hpp"

#include "net/checksum.hpp"

namespace ipop::dataplane {
namespace {

void add_pseudo_header(net::ChecksumSum& sum, ByteSpan packet, unsigned protocol, std::size_t length) {
  sum.add(packet.subspan(ip::source, 8));
  sum.add(static_cast<std::uint16_t>(protocol));
  sum.add(static_cast<std::uint16_t>(length));
}

std::uint16_t sum_of(ByteSpan packet, const Transport& transport) {
  net::ChecksumSum sum;
  add_pseudo_header(sum, packet, transport.protocol, transport.total - transport.ip_header);
  sum.add(packet.subspan(transport.ip_header, transport.total - transport.ip_header));
  return sum.finish();
}

}  // namespace

bool find_transport(ByteSpan packet, Transport& out) {
  if (packet.size() < ip::header || octet_at(packet, 0) >> 4U != 4) return false;
  out.ip_header = std::size_t{octet_at(packet, 0) & 0x0fU} * 4;
  out.total = word_at(packet, ip::total_length);
  out.protocol = octet_at(packet, ip::protocol);
  if (out.ip_header < ip::header || out.total > packet.size()) return false;
  if ((word_at(packet, ip::fragment) & ip::fragment_bits) != 0) return false;
  if (out.protocol == ip::tcp) {
    if (out.total < out.ip_header + tcp::header) return false;
    const std::size_t header = std::size_t{octet_at(packet, out.ip_header + tcp::data_offset) >> 4U} * 4;
    out.header = out.ip_header + header;
    return header >= tcp::header && out.header <= out.total;
  }
  if (out.protocol != ip::udp) return false;
  out.header = out.ip_header + udp::header;
  return out.header <= out.total && word_at(packet, out.ip_header + udp::length) == out.total - out.ip_header;
}

std::uint16_t pseudo_header_sum(ByteSpan packet, unsigned protocol, std::size_t length) {
  net::ChecksumSum sum;
  add_pseudo_header(sum, packet, protocol, length);
  return static_cast<std::uint16_t>(~sum.finish() & 0xffffU);
}

bool has_good_checksums(ByteSpan packet, const Transport& transport) {
  return net::internet_checksum(packet.first(transport.ip_header)) == 0 && sum_of(packet, transport) == 0;
}

void complete_ip_checksum(Octets packet, std::size_t ip_header) {
  set_word(packet, ip::checksum, 0);
  set_word(packet, ip::checksum, net::internet_checksum(packet.first(ip_header)));
}

void complete_checksum(Octets packet, const Transport& transport) {
  set_word(packet, transport.checksum_at(), 0);
  const std::uint16_t sum = sum_of(packet, transport);
  // RFC 768: zero says that there is none.
  set_word(packet, transport.checksum_at(), sum == 0 && transport.protocol == ip::udp ? 0xffff : sum);
}

}  // namespace ipop::dataplane
