#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"

namespace ipop::crypto {

/// Key and salt of one direction of a session (RFC 4106, section 4: the nonce is salt and counter).
struct AeadKey {
  std::array<std::byte, 16> key{};
  std::array<std::byte, 4> salt{};
};

/// AES-128-GCM with one key for one direction; key schedule and context are kept.
class Aead {
 public:
  static constexpr std::size_t tag_size = 16;

  Aead() = default;
  Aead(const Aead&) = delete;
  Aead& operator=(const Aead&) = delete;
  virtual ~Aead() = default;

  /// Writes ciphertext and tag; `out` may be where the plaintext is, and has room for the tag. A counter is never used
  /// twice with one key: the caller's duty.
  virtual void seal_to(std::uint64_t counter, ByteSpan header, ByteSpan plaintext, std::byte* out) = 0;
  /// Writes the plaintext and is true; `out` may be where `sealed` is. False for a wrong tag: no text stays behind.
  virtual bool open_to(std::uint64_t counter, ByteSpan header, ByteSpan sealed, std::byte* out) = 0;

  /// Appends ciphertext and tag.
  void seal(std::uint64_t counter, ByteSpan header, ByteSpan plaintext, Bytes& out);
  /// Appends the plaintext and is true, or leaves `out` as it was.
  bool open(std::uint64_t counter, ByteSpan header, ByteSpan sealed, Bytes& out);
};

/// Makes Aeads: the daemon's picks the fastest implementation once, a simulation may bring a
/// stand-in of the same sizes.
class AeadFactory {
 public:
  AeadFactory() = default;
  AeadFactory(const AeadFactory&) = delete;
  AeadFactory& operator=(const AeadFactory&) = delete;
  virtual ~AeadFactory() = default;

  virtual std::unique_ptr<Aead> make(const AeadKey& key) = 0;
  /// `openssl`, `ipsec-mb`, ...; shown by `ipop-ctl status`.
  [[nodiscard]] virtual std::string_view name() const = 0;
};

/// OpenSSL's EVP; always there.
std::unique_ptr<AeadFactory> make_openssl_aead_factory();
/// libipsec-mb, or null where it was not built in or the CPU lacks the instructions.
std::unique_ptr<AeadFactory> make_ipsec_mb_aead_factory();
/// The faster of the two on this machine, as far as is known without a clock: ipsec-mb where it is there.
std::unique_ptr<AeadFactory> make_best_aead_factory();
/// The faster of the two by a trial of a few milliseconds; `nanoseconds` is a clock that rises.
std::unique_ptr<AeadFactory> make_fastest_aead_factory(const std::function<std::uint64_t()>& nanoseconds);
/// By its name; null for one that is not known or not to be had here.
std::unique_ptr<AeadFactory> make_named_aead_factory(std::string_view name);

}  // namespace ipop::crypto
