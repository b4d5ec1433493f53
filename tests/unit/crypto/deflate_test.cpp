#include "crypto/deflate.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "base/rng.hpp"

using namespace ipop;
using namespace ipop::crypto;

namespace {

std::error_code inflate_code(ByteSpan packed, std::string_view dictionary, std::size_t limit = 100) {
  const auto out = inflate(packed, as_bytes(dictionary), limit);
  return out ? std::error_code{} : out.error().code;
}

}  // namespace

TEST_CASE("a DEFLATE stream that another program made is read, with a dictionary and without") {
  // zlib.compressobj(9, zlib.DEFLATED, -12) of Python 3.11.
  const Bytes plain = *parse_hex("2bc94855282ccd4cce56482aca2fcf5348cbaf0000");
  CHECK(*inflate(plain, {}, 100) == to_bytes(as_bytes("the quick brown fox")));
  // The same with zdict=b"the slow brown fox".
  const Bytes against = *parse_hex("2b018a1496662667238400");
  CHECK(*inflate(against, as_bytes("the slow brown fox"), 100) == to_bytes(as_bytes("the quick brown fox")));
}

TEST_CASE("octets that are in the dictionary take no room") {
  SeededRng rng(1);
  Bytes dictionary(500);
  rng.fill(dictionary);
  CHECK(deflate(dictionary, dictionary).size() < 12);
  CHECK(deflate(dictionary, {}).size() > 500);
}

TEST_CASE("octets survive packing against anything") {
  SeededRng rng(2);
  for (int round = 0; round < 300; ++round) {
    Bytes dictionary(rng.below(6000));
    for (std::byte& octet : dictionary)
      octet = static_cast<std::byte>(rng.below(round % 2 == 0 ? 256 : 4));
    Bytes octets(dictionary.begin(),
                 dictionary.begin() + static_cast<std::ptrdiff_t>(rng.below(dictionary.size() + 1)));
    for (std::uint64_t i = rng.below(20); i > 0 && !octets.empty(); --i)
      octets[rng.below(octets.size())] = static_cast<std::byte>(rng.below(256));
    const Bytes packed = deflate(octets, dictionary);
    const auto back = inflate(packed, dictionary, octets.size());
    REQUIRE(back);
    CHECK(*back == octets);
    if (!octets.empty()) CHECK(inflate(packed, dictionary, octets.size() - 1).error().code == Errc::too_large);
  }
}

TEST_CASE("a stream that is cut off, has something behind it, or refers before its dictionary is refused") {
  const Bytes packed = deflate(as_bytes("the quick brown fox"), as_bytes("the slow brown fox"));
  for (std::size_t size = 0; size < packed.size(); ++size)
    CHECK(inflate_code(ByteSpan(packed).first(size), "the slow brown fox") == Errc::malformed);
  Bytes longer = packed;
  longer.push_back(std::byte{0});
  CHECK(inflate_code(longer, "the slow brown fox") == Errc::malformed);
  CHECK(inflate_code(packed, "") == Errc::malformed);
}

TEST_CASE("a stream of a thousand times its size ends at the limit") {
  const Bytes bomb = deflate(Bytes(1'000'000), {});
  CHECK(bomb.size() < 5000);
  CHECK(inflate_code(bomb, "", 1024) == Errc::too_large);
}
