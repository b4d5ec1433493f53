#pragma once

#include <array>
#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"

namespace ipop::crypto {

/// An ECDSA signature over SHA-256 on P-256: r and s, 32 octets each (the form of RFC 7518, 3.4).
using Signature = std::array<std::byte, 64>;

/// A P-256 public key as a compressed point (SEC 1, 2.3.3): 33 octets, first 2 or 3.
class PublicKey {
 public:
  static constexpr std::size_t size = 33;

  PublicKey() = default;
  explicit PublicKey(std::array<std::byte, size> point) : point_(point) {}

  [[nodiscard]] const std::array<std::byte, size>& point() const { return point_; }
  friend auto operator<=>(const PublicKey&, const PublicKey&) = default;

 private:
  std::array<std::byte, size> point_{};
};

/// DER SubjectPublicKeyInfo (RFC 5480) with the uncompressed point. Error: not a point of the curve.
Result<Bytes> spki_of(const PublicKey& key);
/// SHA-256 over the SubjectPublicKeyInfo: names a key to people and in lists. Error: not a point of
/// the curve.
Result<Digest256> key_fingerprint_of(const PublicKey& key);
/// The position of a node in an open group: the first 160 bits of SHA-256 over the
/// SubjectPublicKeyInfo. Error: not a point of the curve.
Result<NodeId> node_id_of(const PublicKey& key);
/// True when `signature` over `data` was made with the private half of `key`. Never throws; a key
/// that is no point of the curve gives false.
bool verify(const PublicKey& key, ByteSpan data, const Signature& signature);

/// An ECDSA P-256 private key. Its octets leave this class only as PEM.
class PrivateKey {
 public:
  static Result<PrivateKey> generate();
  /// The key whose scalar is derived from `seed` (any length): one seed, one key. For simulations
  /// and tests; a real node uses generate().
  static PrivateKey from_seed(ByteSpan seed);
  /// PKCS #8 PEM, not encrypted. Errors: malformed, unsupported (another kind of key),
  /// not_authorized (the key is encrypted: a passphrase is needed).
  static Result<PrivateKey> from_pem(std::string_view pem);
  /// PEM with or without encryption; `passphrase` is used when it asks for one. Errors: those above,
  /// bad_checksum (the passphrase is wrong).
  static Result<PrivateKey> from_pem(std::string_view pem, std::string_view passphrase);

  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  PrivateKey(const PrivateKey&);
  PrivateKey& operator=(const PrivateKey&);
  ~PrivateKey();

  [[nodiscard]] std::string to_pem() const;
  /// PKCS #8 PEM under a passphrase of 1 to 1024 octets: AES-256-CBC, the key made by scrypt
  /// (RFC 5958, RFC 7914); openssl(1) reads it. OpenSSL draws salt and IV. Errors: out_of_range (the
  /// passphrase's length), exhausted (no entropy or memory).
  [[nodiscard]] Result<std::string> to_encrypted_pem(std::string_view passphrase) const;
  [[nodiscard]] const PublicKey& public_key() const;
  [[nodiscard]] Signature sign(ByteSpan data) const;

  struct Native;
  /// OpenSSL's object; for the other files of lib/crypto only.
  [[nodiscard]] const Native& native() const { return *native_; }

 private:
  explicit PrivateKey(std::shared_ptr<const Native> native);
  static Result<PrivateKey> from_pem_with(std::string_view pem, std::optional<std::string_view> passphrase);
  std::shared_ptr<const Native> native_;
};

}  // namespace ipop::crypto
