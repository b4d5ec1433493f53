#include "net/checksum.hpp"

#include <doctest/doctest.h>

#include "base/rng.hpp"
#include "support/vector_file.hpp"

using namespace ipop;
using namespace ipop::net;

namespace {

// Word by word, as RFC 1071, 4.1 has it: what the fast loop must agree with.
std::uint16_t slow_checksum(ByteSpan octets) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < octets.size(); ++i)
    sum += std::to_integer<std::uint64_t>(octets[i]) << (i % 2 == 0 ? 8U : 0U);
  while (sum >> 16U != 0)
    sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

Bytes random_octets(Rng& rng, std::size_t size) {
  Bytes out(size);
  rng.fill(out);
  return out;
}

}  // namespace

TEST_CASE("the checksum of RFC 1071, section 3 is the complement of ddf2") {
  CHECK(internet_checksum(test::from_hex("0001f203f4f5f6f7")) == 0x220d);
}

TEST_CASE("octets with their checksum in them sum up to zero") {
  CHECK(internet_checksum(test::from_hex("0001f203f4f5f6f7220d")) == 0);
  CHECK(internet_checksum({}) == 0xffff);
}

TEST_CASE("the fast sum agrees with the plain one for every length") {
  SeededRng rng(7);
  for (std::size_t size = 0; size < 70; ++size) {
    const Bytes octets = random_octets(rng, size);
    CHECK(internet_checksum(octets) == slow_checksum(octets));
  }
  const Bytes ones(65535, std::byte{0xff});
  CHECK(internet_checksum(ones) == slow_checksum(ones));
}

TEST_CASE("a sum in parts equals the sum of the whole, wherever it is cut") {
  SeededRng rng(8);
  const Bytes octets = random_octets(rng, 41);
  for (std::size_t cut = 0; cut <= octets.size(); ++cut) {
    ChecksumSum sum;
    sum.add(ByteSpan(octets).first(cut));
    sum.add(ByteSpan(octets).subspan(cut));
    CHECK(sum.finish() == internet_checksum(octets));
  }
  ChecksumSum odd;
  odd.add(ByteSpan(octets).first(1));
  odd.add(std::uint16_t{0x1234});
  Bytes same{octets[0], std::byte{0x12}, std::byte{0x34}};
  CHECK(odd.finish() == internet_checksum(same));
}

TEST_CASE("the checksum after one word changed is that of RFC 1624, section 4") {
  CHECK(update_checksum(0xdd2f, 0x5555, 0x3285) == 0x0000);
}

TEST_CASE("an updated checksum agrees with a new one") {
  SeededRng rng(9);
  for (int i = 0; i < 200; ++i) {
    Bytes octets = random_octets(rng, 20);
    const std::uint16_t before = internet_checksum(octets);
    const auto old_word = ByteReader(ByteSpan(octets).subspan(8)).read<std::uint16_t>();
    rng.fill(std::span(octets).subspan(8, 2));
    const auto new_word = ByteReader(ByteSpan(octets).subspan(8)).read<std::uint16_t>();
    CHECK(update_checksum(before, old_word, new_word) == internet_checksum(octets));
  }
}
