#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.hpp"

namespace ipop::crypto {

/// What seals the packets of a session; both ends have agreed on it. The numbers are those of the wire.
enum class AeadSuite : std::uint8_t {
  aes_128_gcm = 1,
  chacha20_poly1305 = 2,  ///< for processors without instructions for AES (RFC 8439, RFC 7634)
};

/// `aes-128-gcm`, `chacha20-poly1305`.
std::string_view to_string(AeadSuite suite);
/// 16 or 32 octets.
std::size_t key_size_of(AeadSuite suite);

/// Key and salt of one direction of a session (RFC 4106, section 4, and RFC 7634, section 2: the nonce is salt and
/// counter).
struct AeadKey {
  std::array<std::byte, 32> key{};  ///< the first key_size_of() octets
  std::array<std::byte, 4> salt{};
  AeadSuite suite = AeadSuite::aes_128_gcm;
};

/// A suite with one key for one direction; key schedule and context are kept.
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

/// Makes Aeads of every suite: the daemon's picks the fastest implementation once, a simulation may bring a
/// stand-in of the same sizes.
class AeadFactory {
 public:
  AeadFactory() = default;
  AeadFactory(const AeadFactory&) = delete;
  AeadFactory& operator=(const AeadFactory&) = delete;
  virtual ~AeadFactory() = default;

  virtual std::unique_ptr<Aead> make(const AeadKey& key) = 0;
  /// What a node with it offers in handshakes, the best first.
  [[nodiscard]] virtual std::span<const AeadSuite> offers() const;
  /// `openssl`, `ipsec-mb`, `chacha20-poly1305`, ...; shown by `ipop-ctl status`.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Whose code seals by this suite: `openssl` or `ipsec-mb`.
  [[nodiscard]] virtual std::string_view library_of(AeadSuite suite) const;
};

/// OpenSSL's EVP; always there.
std::unique_ptr<AeadFactory> make_openssl_aead_factory();
/// libipsec-mb, or null where it was not built in or the CPU lacks the instructions.
std::unique_ptr<AeadFactory> make_ipsec_mb_aead_factory();
/// The faster of the two on this machine, as far as is known without a clock: ipsec-mb where it is there.
std::unique_ptr<AeadFactory> make_best_aead_factory();
/// OpenSSL's too, but a node with it offers ChaCha20-Poly1305 only: its peers use that as well.
std::unique_ptr<AeadFactory> make_chacha20_aead_factory();
/// The fastest by a trial of a few milliseconds; `nanoseconds` is a clock that rises. ChaCha20-Poly1305 where AES takes
/// more than one and a half times as long.
std::unique_ptr<AeadFactory> make_fastest_aead_factory(const std::function<std::uint64_t()>& nanoseconds);
/// By its name; null for one that is not known or not to be had here.
std::unique_ptr<AeadFactory> make_named_aead_factory(std::string_view name);

}  // namespace ipop::crypto
