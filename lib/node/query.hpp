#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "net/ipv4_address.hpp"
#include "overlay/nat_behavior.hpp"

namespace ipop::node {

/// "Who are you, and whom do you know?", from one node to another (docs/wire/node.md).
struct Query {
  std::uint64_t id = 0;
  friend bool operator==(const Query&, const Query&) = default;
};

/// What a node says of itself; shown to people, never a reason to trust.
struct QueryAnswer {
  static constexpr std::size_t max_known = 32;

  std::uint64_t id = 0;
  net::Ipv4Address address{};  ///< unspecified: none
  overlay::NatClass nat = overlay::NatClass::unknown;
  std::uint16_t links = 0;
  std::chrono::milliseconds address_after{};  ///< from start to lease; 0 to 2^32 - 1
  std::string name;                           ///< without the domain, at most 63 octets
  std::string version;                        ///< at most 31 octets
  std::vector<NodeId> known{};                ///< ring neighbours first, at most max_known
  friend bool operator==(const QueryAnswer&, const QueryAnswer&) = default;
};

/// A request for the group's lease server, to the member that runs it: an encoded leasing::LeaseRequest.
struct LeaseQuestion {
  std::uint64_t id = 0;
  Bytes request{};
  friend bool operator==(const LeaseQuestion&, const LeaseQuestion&) = default;
};

/// What the server said: an encoded leasing::LeaseGrant, or why there is none. Whoever counts the grant checks it.
struct LeaseReply {
  static constexpr std::size_t max_why = 200;

  std::uint64_t id = 0;
  Bytes grant{};      ///< empty: refused; at most 255 octets
  std::string why{};  ///< at most max_why octets
  friend bool operator==(const LeaseReply&, const LeaseReply&) = default;
};

using QueryMessage = std::variant<Query, QueryAnswer, LeaseQuestion, LeaseReply>;

/// Of the question that is asked or answered.
std::uint64_t number_of(const QueryMessage& message);
bool is_answer(const QueryMessage& message);

/// Errors: truncated, malformed (octets behind the end, a field outside its range), unsupported.
Result<QueryMessage> decode_query_message(ByteSpan octets);
/// Longer texts and lists are cut to their limits.
void encode(const QueryMessage& message, Bytes& out);
Bytes encoded(const QueryMessage& message);

}  // namespace ipop::node
