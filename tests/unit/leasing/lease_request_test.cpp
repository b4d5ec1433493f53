#include "leasing/lease_request.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "crypto/certificate_authority.hpp"

namespace ipop::leasing {
namespace {

LeaseRequest make_request(const crypto::PrivateKey& key) {
  LeaseRequest request;
  request.action = LeaseAction::obtain;
  request.name_space = "lab-abcdefgh";
  request.node = *crypto::node_id_of(key.public_key());
  request.sequence = 7;
  request.address = net::Ipv4Address(10, 128, 0, 7);
  request.host_name = "alice";
  sign(request, key);
  return request;
}

const crypto::PrivateKey& alice() {
  static const auto key = crypto::PrivateKey::from_seed(as_bytes("alice"));
  return key;
}

}  // namespace

TEST_CASE("a lease request is what its octets say, and no truncation of them is one") {
  const LeaseRequest request = make_request(alice());
  const Bytes octets = encode(request);
  const auto decoded = decode_lease_request(octets);
  REQUIRE(decoded);
  CHECK(*decoded == request);
  for (std::size_t n = 0; n < octets.size(); ++n)
    CHECK_FALSE(decode_lease_request(ByteSpan(octets).first(n)));
  Bytes longer = octets;
  longer.push_back(std::byte{0});
  CHECK(decode_lease_request(longer).error().code == Errc::malformed);
}

TEST_CASE("a request proves who sent it; a change of any octet takes that away") {
  const auto trust = crypto::TrustStore::open_group();
  const Bytes octets = encode(make_request(alice()));
  const auto who = check(*decode_lease_request(octets), *trust, WallTime{1000});
  REQUIRE(who);
  CHECK(who->node == *crypto::node_id_of(alice().public_key()));
  for (std::size_t at = 0; at < octets.size(); ++at) {
    Bytes changed = octets;
    changed[at] ^= std::byte{1};
    const auto request = decode_lease_request(changed);
    CHECK_FALSE((request && check(*request, *trust, WallTime{1000})));
  }
}

TEST_CASE("nobody asks in the name of another node") {
  const auto mallory = crypto::PrivateKey::from_seed(as_bytes("mallory"));
  LeaseRequest request = make_request(alice());
  sign(request, mallory);
  CHECK(check(request, *crypto::TrustStore::open_group(), WallTime{1000}).error().code == Errc::not_authorized);
}

TEST_CASE("host names are labels in lower case") {
  for (const char* good : {"a", "alice-2", "0"})
    CHECK(is_host_name(good));
  for (const char* bad : {"", "-a", "a-", "A", "a.b", "a_b", "\xc3\xa4"})
    CHECK_FALSE(is_host_name(bad));
  CHECK(is_host_name(std::string(63, 'a')));
  CHECK_FALSE(is_host_name(std::string(64, 'a')));
}

}  // namespace ipop::leasing
