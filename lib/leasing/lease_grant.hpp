#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/hash.hpp"
#include "crypto/private_key.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::leasing {

/// The lease server's signed word that an address is a node's until a time. docs/wire/lease-server.md
///
///    version 1 | address 4 | node 20 | issued 8 | expires 8 | key 33 | signature 64
///
/// The signature is over "ipop-lease-grant", the group's name space with its length in one octet, and all that
/// stands before it. A node puts the grant into the record of its address in the DHT, where it counts only with
/// the key that the group's file names.
struct LeaseGrant {
  static constexpr std::size_t size = 1 + 4 + NodeId::size + 8 + 8 + crypto::PublicKey::size + 64;

  net::Ipv4Address address{};
  NodeId node{};
  WallTime issued{};  ///< of two grants for one address the later one counts
  WallTime expires{};
  crypto::PublicKey server{};
  crypto::Signature signature{};
  friend bool operator==(const LeaseGrant&, const LeaseGrant&) = default;
};

/// Signs with the server's key; sets `server` and `signature`.
void sign(LeaseGrant& grant, std::string_view name_space, const crypto::PrivateKey& server);
/// Whether the holder of the key with this fingerprint (crypto::key_fingerprint_of) signed it for this group. Its
/// end is for the reader to judge. Errors: not_authorized (another key), bad_checksum.
Result<void> check(const LeaseGrant& grant, std::string_view name_space, const crypto::Digest256& server);

void encode(const LeaseGrant& grant, Bytes& out);
/// Errors: truncated, unsupported (version), malformed (octets behind it).
Result<LeaseGrant> decode_lease_grant(ByteSpan octets);

}  // namespace ipop::leasing
