#include "net/vnet_header.hpp"

#include <cstring>

namespace ipop::net {
namespace {

constexpr unsigned needs_checksum = 1;
constexpr unsigned checksum_is_good = 2;
constexpr unsigned congestion_mark = 0x80;

std::uint16_t own_word(std::span<const std::byte, VnetHeader::size> octets, std::size_t at) {
  std::uint16_t word = 0;
  std::memcpy(&word, octets.data() + at, sizeof(word));
  return word;
}

void set_own_word(std::span<std::byte, VnetHeader::size> octets, std::size_t at, std::uint16_t word) {
  std::memcpy(octets.data() + at, &word, sizeof(word));
}

}  // namespace

VnetHeader decode_vnet_header(std::span<const std::byte, VnetHeader::size> octets) {
  const auto flags = std::to_integer<unsigned>(octets[0]);
  const auto kind = std::to_integer<unsigned>(octets[1]);
  VnetHeader out;
  out.has_checksum_to_do = (flags & needs_checksum) != 0;
  out.is_checksum_good = (flags & checksum_is_good) != 0;
  out.has_congestion_mark = (kind & congestion_mark) != 0;
  out.cut = static_cast<VnetHeader::Cut>(kind & ~congestion_mark);
  out.header_length = own_word(octets, 2);
  out.segment = own_word(octets, 4);
  out.checksum_start = own_word(octets, 6);
  out.checksum_offset = own_word(octets, 8);
  return out;
}

void encode(const VnetHeader& header, std::span<std::byte, VnetHeader::size> out) {
  out[0] = static_cast<std::byte>((header.has_checksum_to_do ? needs_checksum : 0U) |
                                  (header.is_checksum_good ? checksum_is_good : 0U));
  out[1] =
      static_cast<std::byte>(static_cast<unsigned>(header.cut) | (header.has_congestion_mark ? congestion_mark : 0U));
  set_own_word(out, 2, header.header_length);
  set_own_word(out, 4, header.segment);
  set_own_word(out, 6, header.checksum_start);
  set_own_word(out, 8, header.checksum_offset);
}

}  // namespace ipop::net
