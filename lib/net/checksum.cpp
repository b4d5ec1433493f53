#include "net/checksum.hpp"

#include <bit>
#include <cstring>

namespace ipop::net {
namespace {

/// Two words in one register (a vector type of GCC and clang; other processors have other registers).
using Pair = std::uint64_t __attribute__((vector_size(16)));

constexpr std::uint16_t fold(std::uint64_t sum) {
  while (sum > 0xffffU)
    sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(sum);
}

constexpr std::uint16_t swap(std::uint16_t word) {
  return static_cast<std::uint16_t>((word << 8U) | (word >> 8U));
}

// The sum of the 16-bit words in network order, folded; an odd octet at the end counts as the high
// half of a word. The ones' complement sum is the same in either byte order but for a swap at the
// end (RFC 1071, 2B), so the loop adds 32-bit words of the machine's own order.
std::uint16_t sum_words(ByteSpan octets) {
  std::uint64_t sum = 0;
  // Four sums that do not wait for one another: the compiler adds them side by side.
  Pair low_a{};
  Pair high_a{};
  Pair low_b{};
  Pair high_b{};
  for (; octets.size() >= 2 * sizeof(Pair); octets = octets.subspan(2 * sizeof(Pair))) {
    Pair a;
    Pair b;
    std::memcpy(&a, octets.data(), sizeof(a));
    std::memcpy(&b, octets.data() + sizeof(a), sizeof(b));
    low_a += a & 0xffffffffU;
    high_a += a >> 32;
    low_b += b & 0xffffffffU;
    high_b += b >> 32;
  }
  const Pair all = low_a + high_a + low_b + high_b;
  sum += all[0] + all[1];
  while (octets.size() >= sizeof(std::uint64_t)) {
    std::uint64_t words = 0;
    std::memcpy(&words, octets.data(), sizeof(words));
    sum += (words & 0xffffffffU) + (words >> 32U);
    octets = octets.subspan(sizeof(words));
  }
  while (octets.size() >= sizeof(std::uint16_t)) {
    std::uint16_t word = 0;
    std::memcpy(&word, octets.data(), sizeof(word));
    sum += word;
    octets = octets.subspan(sizeof(word));
  }
  std::uint16_t folded = fold(sum);
  if constexpr (std::endian::native == std::endian::little) folded = swap(folded);
  if (octets.empty()) return folded;
  return fold(std::uint64_t{folded} + (std::to_integer<std::uint64_t>(octets.front()) << 8U));
}

}  // namespace

void ChecksumSum::add(ByteSpan octets) {
  const std::uint16_t part = sum_words(octets);
  sum_ += odd_ ? swap(part) : part;
  if (octets.size() % 2 != 0) odd_ = !odd_;
}

void ChecksumSum::add(std::uint16_t word) {
  sum_ += odd_ ? swap(word) : word;
}

void ChecksumSum::add(Ipv4Address address) {
  add(static_cast<std::uint16_t>(address.value() >> 16U));
  add(static_cast<std::uint16_t>(address.value() & 0xffffU));
}

void ChecksumSum::add_pseudo_header(Ipv4Address source, Ipv4Address destination, std::uint8_t protocol,
                                    std::size_t length) {
  add(source);
  add(destination);
  add(std::uint16_t{protocol});
  add(static_cast<std::uint16_t>(length));
}

std::uint16_t ChecksumSum::finish() const {
  return static_cast<std::uint16_t>(~fold(sum_) & 0xffffU);
}

std::uint16_t internet_checksum(ByteSpan octets) {
  ChecksumSum sum;
  sum.add(octets);
  return sum.finish();
}

std::uint16_t update_checksum(std::uint16_t checksum, std::uint16_t old_word, std::uint16_t new_word) {
  const std::uint64_t sum =
      std::uint64_t{static_cast<std::uint16_t>(~checksum)} + static_cast<std::uint16_t>(~old_word) + new_word;
  return static_cast<std::uint16_t>(~fold(sum) & 0xffffU);
}

}  // namespace ipop::net
