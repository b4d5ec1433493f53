#include "net/ipv4.hpp"

#include <cassert>

#include "net/checksum.hpp"

namespace ipop::net {
namespace {

constexpr std::uint8_t version_4 = 4;
constexpr std::uint16_t flag_dont_fragment = 0x4000;
constexpr std::uint16_t flag_more_fragments = 0x2000;
constexpr std::uint16_t offset_mask = 0x1fff;
constexpr std::size_t ipv4_checksum_offset = 10;
constexpr std::size_t source_offset = 12;
constexpr std::size_t max_total_length = 0xffff;

}  // namespace

Result<Ipv4Packet> decode_ipv4(ByteSpan octets) {
  ByteReader in(octets);
  Ipv4Packet packet;
  Ipv4Header& header = packet.header;
  const auto version_ihl = in.read<std::uint8_t>();
  header.type_of_service = in.read<std::uint8_t>();
  const std::size_t total_length = in.read<std::uint16_t>();
  header.identification = in.read<std::uint16_t>();
  const auto fragment = in.read<std::uint16_t>();
  header.time_to_live = in.read<std::uint8_t>();
  header.protocol = IpProtocol{in.read<std::uint8_t>()};
  in.read<std::uint16_t>();  // the checksum is verified over the whole header
  header.source = Ipv4Address(in.read<std::uint32_t>());
  header.destination = Ipv4Address(in.read<std::uint32_t>());
  if (!in.ok()) return {Errc::truncated, "IPv4 header"};
  if (version_ihl >> 4U != version_4) return {Errc::unsupported, "IP version"};

  const std::size_t header_length = (version_ihl & 0xfU) * std::size_t{4};
  if (header_length < Ipv4Header::min_size) return {Errc::malformed, "IPv4 header length"};
  if (total_length < header_length) return {Errc::malformed, "IPv4 total length"};
  if (octets.size() < total_length) return {Errc::truncated, "IPv4 datagram"};
  if (internet_checksum(octets.first(header_length)) != 0) return {Errc::bad_checksum, "IPv4 header checksum"};

  header.dont_fragment = (fragment & flag_dont_fragment) != 0;
  header.more_fragments = (fragment & flag_more_fragments) != 0;
  header.fragment_offset = fragment & offset_mask;
  // What no datagram can have been cut from would count as far as no offset reaches when it is cut again.
  if (header.fragment_offset * std::size_t{8} + total_length > max_total_length) {
    return {Errc::malformed, "IPv4 fragment offset"};
  }
  packet.options = octets.subspan(Ipv4Header::min_size, header_length - Ipv4Header::min_size);
  packet.payload = octets.subspan(header_length, total_length - header_length);
  return packet;
}

std::optional<Ipv4Addresses> ipv4_addresses(ByteSpan octets) {
  if (octets.size() < Ipv4Header::min_size) return std::nullopt;
  const auto version_ihl = std::to_integer<unsigned>(octets[0]);
  const std::size_t header_length = (version_ihl & 0xfU) * std::size_t{4};
  const std::size_t total_length =
      std::to_integer<std::size_t>(octets[2]) << 8U | std::to_integer<std::size_t>(octets[3]);
  if (version_ihl >> 4U != version_4 || header_length < Ipv4Header::min_size || total_length < header_length ||
      total_length > octets.size()) {
    return std::nullopt;
  }
  ByteReader in(octets.subspan(source_offset));
  Ipv4Addresses addresses;
  addresses.source = Ipv4Address(in.read<std::uint32_t>());
  addresses.destination = Ipv4Address(in.read<std::uint32_t>());
  return addresses;
}

void encode(const Ipv4Packet& packet, Bytes& out) {
  assert(packet.options.size() % 4 == 0 && packet.header_length() <= Ipv4Header::max_size);
  assert(packet.total_length() <= max_total_length && packet.header.fragment_offset <= offset_mask);
  const Ipv4Header& header = packet.header;
  const std::size_t start = out.size();
  out.reserve(start + packet.total_length());

  unsigned fragment = header.fragment_offset;
  if (header.dont_fragment) fragment |= flag_dont_fragment;
  if (header.more_fragments) fragment |= flag_more_fragments;

  ByteWriter writer(out);
  writer.write(static_cast<std::uint8_t>((unsigned{version_4} << 4U) | packet.header_length() / 4));
  writer.write(header.type_of_service);
  writer.write(static_cast<std::uint16_t>(packet.total_length()));
  writer.write(header.identification);
  writer.write(static_cast<std::uint16_t>(fragment));
  writer.write(header.time_to_live);
  writer.write(static_cast<std::uint8_t>(header.protocol));
  writer.write(std::uint16_t{0});
  writer.write(header.source.value());
  writer.write(header.destination.value());
  writer.write(packet.options);

  const std::uint16_t checksum = internet_checksum(ByteSpan(out).subspan(start));
  out[start + ipv4_checksum_offset] = static_cast<std::byte>(checksum >> 8U);
  out[start + ipv4_checksum_offset + 1] = static_cast<std::byte>(checksum & 0xffU);
  writer.write(packet.payload);
}

}  // namespace ipop::net
