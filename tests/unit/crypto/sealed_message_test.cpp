#include "crypto/sealed_message.hpp"

#include <doctest/doctest.h>

#include "trust_fixtures.hpp"

namespace ipop::crypto::test {
namespace {

Bytes sealed_for(const std::vector<Certificate>& readers, std::string_view text = "the new namespace") {
  const auto sealed =
      seal_message(as_bytes(text), readers, authority().key(), authority().certificate(), wall_at_start);
  REQUIRE(sealed.has_value());
  return *sealed;
}

TEST_CASE("each reader of a sealed message reads it, and nobody else does") {
  const Identity bob = member("bob");
  const Identity carol = member("carol");
  const Bytes sealed = sealed_for({bob.certificate, carol.certificate});
  for (const Identity* reader : {&bob, &carol}) {
    const auto text = open_message(sealed, authority().certificate(), reader->key);
    REQUIRE(text.has_value());
    CHECK(as_text(*text) == "the new namespace");
  }
  CHECK(open_message(sealed, authority().certificate(), member("eve").key).error().code == Errc::not_authorized);
  // Nor does its sender, who is no reader, and the words are nowhere in it.
  CHECK(open_message(sealed, authority().certificate(), authority().key()).error().code == Errc::not_authorized);
  CHECK(as_text(sealed).find("namespace") == std::string_view::npos);
}

TEST_CASE("a sealed message of another sender is refused before anything is decrypted") {
  const Identity bob = member("bob");
  const CertificateAuthority other = make_authority("Another authority");
  const Bytes sealed =
      *seal_message(as_bytes("x"), std::span(&bob.certificate, 1), other.key(), other.certificate(), wall_at_start);
  CHECK(open_message(sealed, authority().certificate(), bob.key).error().code == Errc::bad_checksum);
  // A member is no sender either.
  const Bytes from_member =
      *seal_message(as_bytes("x"), std::span(&bob.certificate, 1), bob.key, bob.certificate, wall_at_start);
  CHECK(open_message(from_member, authority().certificate(), bob.key).error().code == Errc::bad_checksum);
}

TEST_CASE("every truncation and every changed octet of a sealed message is refused") {
  const Identity bob = member("bob");
  const Bytes sealed = sealed_for({bob.certificate});
  for (std::size_t n = 0; n < sealed.size(); n += 11)
    CHECK_FALSE(open_message(ByteSpan(sealed).first(n), authority().certificate(), bob.key).has_value());
  for (std::size_t i = 0; i < sealed.size(); i += 7) {
    Bytes changed = sealed;
    changed[i] ^= std::byte{0x10};
    const auto opened = open_message(changed, authority().certificate(), bob.key);
    // What is outside of the signature, as the certificate that comes along, has no say.
    if (opened) CHECK(as_text(*opened) == "the new namespace");
  }
  Bytes longer = sealed;
  longer.push_back(std::byte{0});
  CHECK(open_message(longer, authority().certificate(), bob.key).error().code == Errc::malformed);
}

TEST_CASE("a sealed message needs a reader, the sender's key and an end to its size") {
  const Identity bob = member("bob");
  const auto seal = [&](ByteSpan content, std::span<const Certificate> readers, const PrivateKey& key) {
    return seal_message(content, readers, key, authority().certificate(), wall_at_start).error().code;
  };
  const std::span<const Certificate> one(&bob.certificate, 1);
  CHECK(seal(as_bytes("x"), {}, authority().key()) == Errc::out_of_range);
  CHECK(seal(as_bytes("x"), one, bob.key) == Errc::conflict);
  CHECK(seal(Bytes(max_sealed_message), one, authority().key()) == Errc::too_large);
  CHECK(open_message(Bytes(max_sealed_message + 1), authority().certificate(), bob.key).error().code ==
        Errc::too_large);
}

TEST_CASE("a renewed certificate of the same key still opens a sealed message") {
  const Identity bob = member("bob");
  const Identity later = member("bob", member_until + std::chrono::hours(24));
  CHECK(open_message(sealed_for({bob.certificate}), authority().certificate(), later.key).has_value());
}

}  // namespace
}  // namespace ipop::crypto::test
