#include "support/sim_authority.hpp"

#include <chrono>

namespace ipop::test_support {
namespace {

constexpr std::chrono::hours years{24 * 3650};

Bytes serial_of(std::uint64_t number) {
  Bytes seed;
  ByteWriter(seed).write(number);
  const auto digest = crypto::sha256(seed);
  return to_bytes(ByteSpan(digest).first(16));
}

crypto::CertificateAuthority make_authority(std::uint64_t seed, WallTime start) {
  Bytes octets = to_bytes(as_bytes("authority"));
  ByteWriter(octets).write(seed);
  auto made = crypto::CertificateAuthority::create(crypto::PrivateKey::from_seed(octets), "simulation authority",
                                                   serial_of(seed), start - years, start + years);
  return *std::move(made);
}

}  // namespace

SimAuthority::SimAuthority(std::uint64_t seed, WallTime start)
    : start_(start), authority_(make_authority(seed, start)), serial_(seed << 20U) {}

crypto::Certificate SimAuthority::sign(const crypto::PublicKey& key, const std::string& user,
                                       std::vector<crypto::PinnedAddress> pinned) {
  crypto::CertificateAuthority::Fields fields;
  fields.user = user;
  fields.group = "simulation";
  fields.pinned_addresses = std::move(pinned);
  fields.serial = serial_of(++serial_);
  fields.not_before = start_ - std::chrono::hours(24);
  fields.not_after = start_ + years;
  return *authority_.sign(key, fields);
}

crypto::RevocationList SimAuthority::revoke(const std::vector<crypto::PublicKey>& keys,
                                            const std::vector<std::string>& users) {
  ++revoked_.number;
  revoked_.issued = start_;
  for (const crypto::PublicKey& key : keys)
    revoked_.keys.push_back(*crypto::key_fingerprint_of(key));
  revoked_.users.insert(revoked_.users.end(), users.begin(), users.end());
  return *crypto::RevocationList::sign(authority_.key(), revoked_);
}

std::shared_ptr<const crypto::TrustStore> SimAuthority::trust() const {
  return *crypto::TrustStore::closed_group(authority_.certificate());
}

}  // namespace ipop::test_support
