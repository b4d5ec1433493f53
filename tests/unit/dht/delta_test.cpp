#include "dht/delta.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "base/rng.hpp"

using namespace ipop;
using namespace ipop::dht;

namespace {

Bytes words(std::string_view octets) {
  return to_bytes(as_bytes(octets));
}

std::string packed(std::string_view octets, std::string_view base) {
  return to_hex(delta_of(as_bytes(octets), as_bytes(base)));
}

std::error_code code_of(std::string_view steps, std::string_view base = "0123456789", std::size_t limit = 100) {
  const auto out = apply_delta(*parse_hex(steps), as_bytes(base), limit);
  return out ? std::error_code{} : out.error().code;
}

}  // namespace

TEST_CASE("what is equal is copied, what is new takes the place of the old") {
  CHECK(packed("abcdefgh", "abcdefgh") == "87");
  CHECK(packed("abcXefgh", "abcdefgh") == "82005883");
  // The second half stands elsewhere in the base.
  CHECK(packed("abcdABCDEFGHIJ", "abcd....ABCDEFGHIJ") == "83ff000889");
  CHECK(packed("new", "") == "026e6577");
  CHECK(packed("", "abc").empty());
}

TEST_CASE("octets survive packing against anything") {
  SeededRng rng(1);
  for (int round = 0; round < 500; ++round) {
    Bytes base(rng.below(700));
    for (std::byte& octet : base)
      octet = static_cast<std::byte>(rng.below(round % 2 == 0 ? 256 : 4));
    Bytes octets = base;
    for (std::uint64_t i = rng.below(20); i > 0 && !octets.empty(); --i)
      octets[rng.below(octets.size())] = static_cast<std::byte>(rng.below(256));
    if (!octets.empty()) {
      octets.erase(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(rng.below(octets.size())));
      octets.insert(octets.begin() + static_cast<std::ptrdiff_t>(rng.below(octets.size() + 1)), rng.below(9),
                    std::byte{7});
    }
    const Bytes delta = delta_of(octets, base);
    CHECK(delta.size() <= octets.size() + octets.size() / 128 + 1);
    const auto back = apply_delta(delta, base, octets.size());
    REQUIRE(back);
    CHECK(*back == octets);
    if (!octets.empty()) {
      CHECK(apply_delta(delta, base, octets.size() - 1).error().code == make_error_code(Errc::too_large));
    }
  }
}

TEST_CASE("a step that lacks octets, leaves the base or makes too much is refused") {
  CHECK(code_of("") == std::error_code{});
  CHECK(code_of("00") == make_error_code(Errc::truncated));
  CHECK(code_of("026162") == make_error_code(Errc::truncated));
  CHECK(code_of("ff") == make_error_code(Errc::truncated));
  CHECK(code_of("ff00") == make_error_code(Errc::truncated));
  CHECK(code_of("89") == std::error_code{});
  CHECK(code_of("8a") == make_error_code(Errc::malformed));
  CHECK(code_of("ff000980") == std::error_code{});
  CHECK(code_of("ff000a80") == make_error_code(Errc::malformed));
  CHECK(code_of("ffffff80") == make_error_code(Errc::malformed));
  // Nothing is taken from there.
  CHECK(code_of("ffffff") == std::error_code{});
  CHECK(code_of("89", "0123456789", 10) == std::error_code{});
  CHECK(code_of("89", "0123456789", 9) == make_error_code(Errc::too_large));
  CHECK(*apply_delta(words("\x04hello"), {}, 5) == words("hello"));
}
