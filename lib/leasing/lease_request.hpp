#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/private_key.hpp"
#include "crypto/trust_store.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::leasing {

/// What a member wants of the lease server.
enum class LeaseAction : std::uint8_t {
  obtain = 1,   ///< an address: the one named, else the last one, else any that is free
  renew = 2,    ///< the lease that it has, longer
  release = 3,  ///< nothing any more
};

std::string_view to_string(LeaseAction action);

/// A member's request for an address. docs/wire/lease-server.md
///
///    "ipop-lease-request" | version 1 | action 1 | name space 1+n | node 20 | sequence 8 | address 4 |
///    host name 1+n | key 33 | certificate 2+n | signature 64
///
/// `address` is 0.0.0.0 where none is wished for. The signature is over all that stands before it. The
/// sequence rises with every request of a node, so that a copy of an older one does nothing.
struct LeaseRequest {
  static constexpr std::size_t max_name_space = 255;
  static constexpr std::size_t max_host_name = 63;
  static constexpr std::size_t max_certificate = 4096;
  static constexpr std::size_t max_octets = max_certificate + 512;

  LeaseAction action = LeaseAction::obtain;
  std::string name_space{};  ///< of the group
  NodeId node{};
  std::uint64_t sequence = 0;
  std::optional<net::Ipv4Address> address{};
  std::string host_name{};  ///< in lower case, without the domain; may be empty
  crypto::PublicKey key{};  ///< the node's
  Bytes certificate{};      ///< the node's, DER, in a closed group
  crypto::Signature signature{};
  friend bool operator==(const LeaseRequest&, const LeaseRequest&) = default;
};

/// A node's first sequence in that second: it rises over restarts, and 256 requests a second have room.
constexpr std::uint64_t sequence_at(WallTime now) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(now.seconds, 0)) << 8U;
}
/// A request from further ahead of the server's clock is refused.
inline constexpr std::chrono::seconds clock_tolerance = std::chrono::minutes(10);

/// Who asks, as far as it is proved.
struct Requester {
  NodeId node{};
  std::string user{};                      ///< named by the authority; empty in an open group
  std::optional<crypto::Digest256> key{};  ///< fingerprint of its key, in a closed group: what may be revoked
};

/// 1 to 63 of a-z, 0-9 and -, with no hyphen at an end (RFC 1123, 2.1), in lower case.
bool is_host_name(std::string_view text);

/// Signs with the node's key; sets `key` and `signature`.
void sign(LeaseRequest& request, const crypto::PrivateKey& key);
/// Errors: bad_checksum (signature), not_authorized (the node is not the key's, or in a closed group its
/// certificate does not count: none, another key's, revoked), expired (the certificate).
Result<Requester> check(const LeaseRequest& request, const crypto::TrustStore& trust, WallTime now);

Bytes encode(const LeaseRequest& request);
/// Errors: truncated; malformed (octets behind it, a name that is none); unsupported (version, action); too_large.
Result<LeaseRequest> decode_lease_request(ByteSpan octets);

}  // namespace ipop::leasing
