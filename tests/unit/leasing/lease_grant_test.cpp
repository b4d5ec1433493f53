#include "leasing/lease_grant.hpp"

#include <doctest/doctest.h>

namespace ipop::leasing {

TEST_CASE("a grant holds for its group, under its server's key, and for what it says") {
  const auto server = crypto::PrivateKey::from_seed(as_bytes("server"));
  const auto fingerprint = *crypto::key_fingerprint_of(server.public_key());
  LeaseGrant grant{net::Ipv4Address(10, 128, 0, 7),
                   NodeId::from_prefix(crypto::sha256(as_bytes("node"))),
                   WallTime{1400},
                   WallTime{5000},
                   {},
                   {}};
  sign(grant, "lab", server);
  Bytes octets;
  encode(grant, octets);
  CHECK(octets.size() == LeaseGrant::size);
  const auto decoded = decode_lease_grant(octets);
  REQUIRE(decoded);
  CHECK(*decoded == grant);
  CHECK(check(*decoded, "lab", fingerprint));
  CHECK(check(*decoded, "sea", fingerprint).error().code == Errc::bad_checksum);
  CHECK(check(*decoded, "lab", crypto::Digest256{}).error().code == Errc::not_authorized);
  for (std::size_t at = 0; at < octets.size(); ++at) {
    Bytes changed = octets;
    changed[at] ^= std::byte{1};
    const auto other = decode_lease_grant(changed);
    CHECK_FALSE((other && check(*other, "lab", fingerprint)));
    CHECK_FALSE(decode_lease_grant(ByteSpan(octets).first(at)));
  }
}

}  // namespace ipop::leasing
