#include "crypto/aead.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "base/rng.hpp"

namespace ipop::crypto {
namespace {

std::vector<std::unique_ptr<AeadFactory>> all_factories() {
  std::vector<std::unique_ptr<AeadFactory>> out;
  out.push_back(make_openssl_aead_factory());
  if (auto factory = make_ipsec_mb_aead_factory()) out.push_back(std::move(factory));
  return out;
}

AeadKey key_of(std::string_view key, std::string_view salt) {
  AeadKey out;
  std::ranges::copy(*parse_hex(key), out.key.begin());
  std::ranges::copy(*parse_hex(salt), out.salt.begin());
  return out;
}

TEST_CASE("AES-128-GCM gives test case 4 of the GCM specification") {
  for (const auto& factory : all_factories()) {
    CAPTURE(factory->name());
    const auto aead = factory->make(key_of("feffe9928665731c6d6a8f9467308308", "cafebabe"));
    const Bytes header = *parse_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const Bytes text = *parse_hex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de6"
        "57ba637b39");
    Bytes sealed;
    aead->seal(0xfacedbaddecaf888U, header, text, sealed);
    CHECK(to_hex(sealed) ==
          "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0a"
          "ac973d58e0915bc94fbc3221a5db94fae95ae7121a47");
    Bytes opened;
    CHECK(aead->open(0xfacedbaddecaf888U, header, sealed, opened));
    CHECK(opened == text);
  }
}

TEST_CASE("ChaCha20-Poly1305 gives the example of RFC 8439, 2.8.2, whichever factory makes it") {
  auto factories = all_factories();
  factories.push_back(make_chacha20_aead_factory());
  for (const auto& factory : factories) {
    CAPTURE(factory->name());
    AeadKey key = key_of("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "07000000");
    key.suite = AeadSuite::chacha20_poly1305;
    const auto aead = factory->make(key);
    const Bytes header = *parse_hex("50515253c0c1c2c3c4c5c6c7");
    const auto text = as_bytes(
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would "
        "be it.");
    Bytes sealed;
    aead->seal(0x4041424344454647U, header, text, sealed);
    CHECK(to_hex(sealed) ==
          "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e0"
          "60b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d2"
          "6586cec64b61161ae10b594f09e26a7e902ecbd0600691");
    Bytes opened;
    CHECK(aead->open(0x4041424344454647U, header, sealed, opened));
    CHECK(equal(opened, text));
    sealed.back() ^= std::byte{1};
    CHECK_FALSE(aead->open(0x4041424344454647U, header, sealed, opened));
  }
}

TEST_CASE("OpenSSL and ipsec-mb seal alike and open each other's packets") {
  const auto openssl = make_openssl_aead_factory();
  const auto ipsec_mb = make_ipsec_mb_aead_factory();
  if (!ipsec_mb) return;
  SeededRng rng(1);
  for (std::uint64_t round = 0; round < 20; ++round) {
    AeadKey key;
    rng.fill(key.key);
    rng.fill(key.salt);
    const auto a = openssl->make(key);
    const auto b = ipsec_mb->make(key);
    for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 63U, 64U, 500U, 1280U, 1420U, 9000U}) {
      Bytes text(size);
      rng.fill(text);
      Bytes header(12);
      rng.fill(header);
      Bytes by_a;
      Bytes by_b;
      a->seal(round, header, text, by_a);
      b->seal(round, header, text, by_b);
      CHECK(by_a == by_b);
      Bytes back;
      CHECK(a->open(round, header, by_b, back));
      CHECK(back == text);
      back.clear();
      CHECK(b->open(round, header, by_a, back));
      CHECK(back == text);
    }
  }
}

TEST_CASE("a changed octet, counter or header does not open, and leaves the output alone") {
  for (const auto& factory : all_factories()) {
    CAPTURE(factory->name());
    const auto aead = factory->make(key_of("000102030405060708090a0b0c0d0e0f", "a0a1a2a3"));
    const Bytes header = *parse_hex("11223344000000000000002a");
    Bytes sealed;
    aead->seal(42, header, as_bytes("forty-two"), sealed);
    Bytes out = to_bytes(as_bytes("before"));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
      Bytes damaged = sealed;
      damaged[i] ^= std::byte{0x80};
      CHECK_FALSE(aead->open(42, header, damaged, out));
    }
    for (std::size_t n = 0; n < sealed.size(); ++n)
      CHECK_FALSE(aead->open(42, header, ByteSpan(sealed).first(n), out));
    CHECK_FALSE(aead->open(43, header, sealed, out));
    CHECK_FALSE(aead->open(42, ByteSpan(header).first(11), sealed, out));
    CHECK(as_text(out) == "before");
    CHECK(aead->open(42, header, sealed, out));
    CHECK(as_text(out) == "beforeforty-two");
  }
}

TEST_CASE("the best implementation has a name") {
  const auto name = make_best_aead_factory()->name();
  CHECK((name == "ipsec-mb" || name == "openssl"));
}

TEST_CASE("each factory says whose code seals by a suite") {
  CHECK(make_openssl_aead_factory()->library_of(AeadSuite::aes_128_gcm) == "openssl");
  CHECK(make_chacha20_aead_factory()->library_of(AeadSuite::chacha20_poly1305) == "openssl");
  const auto ipsec_mb = make_ipsec_mb_aead_factory();
  if (!ipsec_mb) return;
  CHECK(ipsec_mb->library_of(AeadSuite::aes_128_gcm) == "ipsec-mb");
  CHECK(ipsec_mb->library_of(AeadSuite::chacha20_poly1305) == "openssl");
}

}  // namespace
}  // namespace ipop::crypto
