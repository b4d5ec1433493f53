#include "crypto/session.hpp"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "base/rng.hpp"

namespace ipop::crypto {
namespace {

SessionKeys sample_keys() {
  AeadKey one;
  std::ranges::copy(*parse_hex("000102030405060708090a0b0c0d0e0f"), one.key.begin());
  std::ranges::copy(*parse_hex("a0a1a2a3"), one.salt.begin());
  AeadKey two = one;
  two.key[0] = std::byte{0xff};
  return {one, two};
}

SessionKeys swapped(const SessionKeys& keys) {
  return {keys.receive, keys.send};
}

constexpr Spi a_spi{0x11223344};
constexpr Spi b_spi{0x55667788};

TEST_CASE("a packet of the second suite has the same form") {
  const auto aeads = make_best_aead_factory();
  SessionKeys keys = sample_keys();
  for (std::size_t i = 0; i < keys.send.key.size(); ++i)
    keys.send.key[i] = static_cast<std::byte>(i);
  keys.send.suite = AeadSuite::chacha20_poly1305;
  keys.receive = keys.send;
  Session session(*aeads, keys, a_spi, b_spi);
  Bytes packet;
  REQUIRE(session.seal(as_bytes("hello"), packet));
  CHECK(to_hex(packet) == "1122334400000000000000009ea7f4e08e53a2c23815fbb982a4984d3c9710d9f2");
}

TEST_CASE("a packet is SPI, counter, ciphertext and tag") {
  const auto aeads = make_openssl_aead_factory();
  Session session(*aeads, sample_keys(), a_spi, b_spi);
  Bytes first;
  REQUIRE(session.seal(as_bytes("hello"), first).has_value());
  CHECK(to_hex(first) == "112233440000000000000000e238a2f1289724203a9ba473f120e8e2e3244b86c8");
  Bytes second;
  REQUIRE(session.seal(as_bytes("Esecond packet of the session"), second).has_value());
  CHECK(to_hex(second) ==
        "1122334400000000000000010302799103ea1370f70d257cbe70b40977d26debf3d5f3c71e82e27f726a48c668d342bd7508e525059d6f"
        "2717");
  CHECK(session.packets_sent() == 2);
}

TEST_CASE("the other end opens each packet once, in any order") {
  const auto aeads = make_best_aead_factory();
  Session a(*aeads, sample_keys(), b_spi, a_spi);
  Session b(*aeads, swapped(sample_keys()), a_spi, b_spi);
  Bytes one;
  Bytes two;
  REQUIRE(a.seal(as_bytes("one"), one).has_value());
  REQUIRE(a.seal(as_bytes("two"), two).has_value());
  Bytes out;
  const auto newer = b.open(two, out);
  CHECK(newer.verdict == Session::Verdict::accepted);
  CHECK(newer.is_newest);
  const auto older = b.open(one, out);
  CHECK(older.verdict == Session::Verdict::accepted);
  CHECK_FALSE(older.is_newest);
  CHECK(as_text(out) == "twoone");
  CHECK(b.open(one, out).verdict == Session::Verdict::replayed);
  CHECK(b.open(two, out).verdict == Session::Verdict::replayed);
  CHECK(as_text(out) == "twoone");
}

TEST_CASE("a forged counter does not move the window") {
  const auto aeads = make_best_aead_factory();
  Session a(*aeads, sample_keys(), b_spi, a_spi);
  Session b(*aeads, swapped(sample_keys()), a_spi, b_spi);
  Bytes packet;
  REQUIRE(a.seal(as_bytes("one"), packet).has_value());
  Bytes forged = packet;
  forged[8] = std::byte{0x7f};
  Bytes out;
  CHECK(b.open(forged, out).verdict == Session::Verdict::bad_tag);
  forged[4] = std::byte{0x7f};  // beyond the hard limit: nobody sends that, so it is no replay
  CHECK(b.open(forged, out).verdict == Session::Verdict::bad_tag);
  CHECK(b.open(packet, out).verdict == Session::Verdict::accepted);
}

TEST_CASE("every truncation and every changed bit is refused") {
  const auto aeads = make_best_aead_factory();
  Session a(*aeads, sample_keys(), b_spi, a_spi);
  Session b(*aeads, swapped(sample_keys()), a_spi, b_spi);
  Bytes packet;
  REQUIRE(a.seal(as_bytes("payload"), packet).has_value());
  Bytes out;
  for (std::size_t n = 0; n < packet.size(); ++n)
    CHECK(b.open(ByteSpan(packet).first(n), out).verdict != Session::Verdict::accepted);
  for (std::size_t bit = 0; bit < 8 * packet.size(); ++bit) {
    Bytes damaged = packet;
    damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    CHECK(b.open(damaged, out).verdict != Session::Verdict::accepted);
  }
  CHECK(out.empty());
  CHECK(b.open(packet, out).verdict == Session::Verdict::accepted);
}

TEST_CASE("S4: with 1 % replays and reordering up to 4096 nothing is taken twice and nothing is lost") {
  const auto aeads = make_best_aead_factory();
  Session a(*aeads, sample_keys(), b_spi, a_spi);
  Session b(*aeads, swapped(sample_keys()), a_spi, b_spi);
  SeededRng rng(4);
  constexpr std::size_t count = 50'000;
  constexpr std::size_t reorder = 4096;
  std::vector<Bytes> packets(count);
  for (Bytes& packet : packets)
    REQUIRE(a.seal(as_bytes("x"), packet).has_value());
  std::vector<std::pair<std::size_t, std::size_t>> order;
  for (std::size_t i = 0; i < count; ++i) {
    order.emplace_back(i + rng.below(reorder), i);
    if (rng.below(100) == 0) order.emplace_back(i + rng.below(2 * reorder), i);
  }
  std::ranges::sort(order);
  std::vector<unsigned> accepted(count);
  for (const auto& [when, index] : order) {
    Bytes out;
    if (b.open(packets[index], out).verdict == Session::Verdict::accepted) ++accepted[index];
  }
  CHECK(std::ranges::count(accepted, 1U) == static_cast<std::ptrdiff_t>(count));
}

}  // namespace
}  // namespace ipop::crypto
