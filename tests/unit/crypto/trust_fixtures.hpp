#pragma once

#include <cassert>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "channel_world.hpp"
#include "crypto/certificate_authority.hpp"
#include "crypto/trust_store.hpp"

// Closed groups to test with. Keys come from seeds, so that only signatures differ between runs.

namespace ipop::crypto::test {

/// tests/vectors/x509/NAME.pem.
inline std::string read_pem(std::string_view name) {
  std::ifstream in(std::string(GA_SOURCE_DIR) + "/tests/vectors/x509/" + std::string(name) + ".pem");
  assert(in);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

constexpr WallTime authority_from = wall_at_start - std::chrono::hours(24 * 365);
constexpr WallTime authority_until = wall_at_start + std::chrono::hours(24 * 3650);
constexpr WallTime member_from = wall_at_start - validity_head_start;
constexpr WallTime member_until = wall_at_start + std::chrono::hours(24 * 90);

inline PrivateKey key_of(std::string_view name) {
  return PrivateKey::from_seed(as_bytes("key of " + std::string(name)));
}

inline CertificateAuthority make_authority(std::string_view name = "Test authority") {
  return *CertificateAuthority::create(key_of(name), name, as_bytes("0123456789abcdef"), authority_from,
                                       authority_until);
}

inline const CertificateAuthority& authority() {
  static const CertificateAuthority made = make_authority();
  return made;
}

/// What the authority writes into the certificate of `user`; the serial follows from the name.
inline CertificateAuthority::Fields fields_of(std::string_view user) {
  CertificateAuthority::Fields out;
  out.user = user;
  out.group = "test";
  const Digest256 digest = sha256(as_bytes(user));
  out.serial = to_bytes(ByteSpan(digest).first(16));
  out.not_before = member_from;
  out.not_after = member_until;
  return out;
}

/// A member of the closed group of authority().
inline Identity member(std::string_view user, WallTime not_after = member_until, WallTime not_before = member_from) {
  PrivateKey key = key_of(user);
  auto fields = fields_of(user);
  fields.not_after = not_after;
  fields.not_before = not_before;
  auto certificate = authority().sign(key.public_key(), fields);
  return Identity(std::move(key), std::move(*certificate), GroupKind::closed);
}

/// Two members, the lower id (TLS client) first.
inline const std::pair<Identity, Identity>& low_and_high_member() {
  static const std::pair<Identity, Identity> both = [] {
    Identity a = member("alice");
    Identity b = member("bob");
    if (a.id < b.id) return std::pair<Identity, Identity>(std::move(a), std::move(b));
    return std::pair<Identity, Identity>(std::move(b), std::move(a));
  }();
  return both;
}

/// The group without anybody revoked.
inline const std::shared_ptr<const TrustStore>& closed_group() {
  static const std::shared_ptr<const TrustStore> made = *TrustStore::closed_group(authority().certificate());
  return made;
}

inline RevocationList revoked(std::uint64_t number, std::vector<Digest256> keys, std::vector<std::string> users = {},
                              const CertificateAuthority& by = authority()) {
  return *RevocationList::sign(by.key(), {number, wall_at_start, std::move(keys), std::move(users)});
}

/// The group with this list.
inline std::shared_ptr<const TrustStore> closed_group_without(std::vector<Digest256> keys,
                                                              std::vector<std::string> users = {}) {
  return *closed_group()->with_revocations(revoked(1, std::move(keys), std::move(users)));
}

}  // namespace ipop::crypto::test
