#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/hash.hpp"
#include "crypto/private_key.hpp"

namespace ipop::crypto {

/// The list of keys and users that a closed group no longer admits, signed by its authority. It
/// travels between the nodes; docs/wire/revocation.md draws it. A value that never changes.
class RevocationList {
 public:
  /// Keys and users together.
  static constexpr std::size_t max_entries = 100'000;
  static constexpr std::size_t max_user = 64;  ///< octets of a user's name; at least one

  struct Content {
    std::uint64_t number = 0;          ///< from 1; each list of an authority has a higher one
    WallTime issued{};                 ///< not before 1970
    std::vector<Digest256> keys{};     ///< SHA-256 over each SubjectPublicKeyInfo, any order
    std::vector<std::string> users{};  ///< any order
  };
  /// Sorts, leaves doubles out and signs. Errors: out_of_range (number 0, time), malformed (a user
  /// of a wrong length), too_large.
  static Result<RevocationList> sign(const PrivateKey& authority, Content content);

  /// SHA-256 over the SubjectPublicKeyInfo of the authority's key.
  [[nodiscard]] const Digest256& authority() const { return authority_; }
  [[nodiscard]] std::uint64_t number() const { return content_.number; }
  [[nodiscard]] WallTime issued() const { return content_.issued; }
  [[nodiscard]] const std::vector<Digest256>& keys() const { return content_.keys; }      ///< ascending
  [[nodiscard]] const std::vector<std::string>& users() const { return content_.users; }  ///< ascending
  [[nodiscard]] std::size_t size() const { return content_.keys.size() + content_.users.size(); }

  [[nodiscard]] bool contains_key(const PublicKey& key) const;
  [[nodiscard]] bool contains_key(const Digest256& key_fingerprint) const;
  /// Octet for octet: a name has one spelling.
  [[nodiscard]] bool contains_user(std::string_view user) const;
  /// True when the holder of `authority` signed exactly this list.
  [[nodiscard]] bool is_signed_by(const PublicKey& authority) const;

 private:
  friend Result<RevocationList> decode_revocation_list(ByteSpan octets);
  friend void encode(const RevocationList& list, Bytes& out);
  void write_unsigned(Bytes& out) const;

  Digest256 authority_{};
  Content content_;
  Signature signature_{};
};

/// Decodes; the signature is not judged. Errors: truncated, malformed (octets behind it, entries that
/// do not rise, number 0), unsupported (version), too_large.
Result<RevocationList> decode_revocation_list(ByteSpan octets);
void encode(const RevocationList& list, Bytes& out);

}  // namespace ipop::crypto
