#pragma once

// Domain names (RFC 1035, 3.1) and their text form (5.1).

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::net {

/// A domain name that keeps its spelling and compares without regard to ASCII case (RFC 4343).
///
/// At most 255 octets on the wire, labels of 1 to 63 octets of any value.
class DnsName {
 public:
  static constexpr std::size_t max_label_size = 63;
  static constexpr std::size_t max_wire_size = 255;  ///< with the root's zero octet

  /// The root.
  DnsName() = default;

  [[nodiscard]] bool is_root() const { return wire_.empty(); }
  /// Labels from the left, without the root's; valid as long as this name.
  [[nodiscard]] std::vector<std::string_view> labels() const;
  [[nodiscard]] std::size_t label_count() const;
  /// The first label; empty for the root.
  [[nodiscard]] std::string_view first_label() const;
  /// This name without its first label; the root is its own parent.
  [[nodiscard]] DnsName parent() const;
  /// True when `zone` is this name or an ancestor of it.
  [[nodiscard]] bool is_within(const DnsName& zone) const;
  /// Octets on the wire without compression, with the root's zero octet.
  [[nodiscard]] std::size_t wire_size() const { return wire_.size() + 1; }

  /// Adds a label at the right end; false (and nothing done) when it is empty or a limit is passed.
  [[nodiscard]] bool append_label(std::string_view label);
  /// This name with all labels of `suffix` behind it; none when the limit is passed.
  [[nodiscard]] std::optional<DnsName> with_suffix(const DnsName& suffix) const;

  /// Same letters in the same case, where == ignores case.
  [[nodiscard]] bool is_spelled_like(const DnsName& other) const { return wire_ == other.wire_; }

  friend bool operator==(const DnsName& a, const DnsName& b);
  /// An order for tables: case-insensitive, octet by octet of the wire form.
  friend std::strong_ordering operator<=>(const DnsName& a, const DnsName& b);
  friend struct std::hash<DnsName>;

 private:
  std::string wire_;  // length octet and label, again and again; without the root's zero
};

/// `host.ipop` without a dot at the end, the root as `.`; dots and backslashes inside labels as
/// `\.` and `\\`, other octets that are not printable ASCII as `\DDD`.
std::string to_string(const DnsName& name);
/// With or without a dot at the end. Errors (nullopt): an empty label, a limit, a bad escape.
std::optional<DnsName> parse_dns_name(std::string_view text);

/// The name in in-addr.arpa that belongs to an address (RFC 1035, 3.5).
DnsName reverse_name(Ipv4Address address);
/// The address of a full name of four numbers in in-addr.arpa; nothing else.
std::optional<Ipv4Address> parse_reverse_name(const DnsName& name);

/// Reads a name at the reader's place in `message`, which `in` was made of, and follows compression
/// pointers (RFC 1035, 4.1.4), each of which must lead further back than the one before.
///
/// Errors: `truncated`; `malformed` for a label type, a pointer or a length that is not allowed.
Result<DnsName> decode_dns_name(ByteSpan message, ByteReader& in);
/// Writes without compression.
void encode(const DnsName& name, Bytes& out);

}  // namespace ipop::net

template <>
struct std::hash<ipop::net::DnsName> {
  std::size_t operator()(const ipop::net::DnsName& name) const noexcept;
};
