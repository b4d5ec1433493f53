#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "crypto/hash.hpp"
#include "leasing/address_plan.hpp"
#include "net/ipv4_prefix.hpp"

namespace ipop::groups {

/// A bootstrap node: a host name or an IP literal, and its UDP port.
struct BootstrapEntry {
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const BootstrapEntry&, const BootstrapEntry&) = default;
};
/// `udp:host:port`, `host:port`, `[v6]:port`. Errors: malformed, with what would be right.
Result<BootstrapEntry> parse_bootstrap_entry(std::string_view text);
std::string to_string(const BootstrapEntry& entry);

/// The lease server that gives out a group's addresses (ipop-dhcp(8)).
struct AddressServer {
  /// http:// or https://, HOST:PORT, and a slash, reached without the virtual network; or the name of the member that
  /// runs it, reached over the overlay.
  std::string place;
  crypto::Digest256 key{};                    ///< fingerprint of the key that signs its leases
  std::vector<leasing::AddressRange> pool{};  ///< what it alone gives out; empty: the whole network
  bool ring_when_silent = false;              ///< the ring gives an address while the server does not answer
  /// The member that runs it; empty: `place` is a URL.
  [[nodiscard]] std::string member() const { return place.find(':') == std::string::npos ? place : std::string(); }
  friend bool operator==(const AddressServer&, const AddressServer&) = default;
};
/// `http://HOST:PORT/`, `https://HOST:PORT/` or a member's name. Errors: malformed, with what would be right.
Result<std::string> parse_server_place(std::string_view text);
/// 64 hexadecimal digits, as `ipop-dhcp config` shows them. Error: malformed.
Result<crypto::Digest256> parse_server_key(std::string_view text);
/// The ring as the fallback needs addresses that the server does not give out. Error: malformed.
Result<void> check(const AddressServer& server);
/// A URL in parts.
struct ServerPlace {
  std::string host{};
  std::uint16_t port = 0;
  bool is_plain = true;  ///< without TLS
};
Result<ServerPlace> server_place(std::string_view url);

/// The one small file that makes a machine a member of a group (TOML; man page ga-group(8)).
struct GroupConfig {
  std::string name;        ///< of the group, for people: [a-z0-9-], 1 to 32
  std::string name_space;  ///< what separates rings: the name and 80 random bits
  net::Ipv4Prefix prefix{net::Ipv4Address(10, 128, 0, 0), 9};
  std::string domain = "ipop";
  std::vector<BootstrapEntry> bootstrap;          ///< no limit on its length
  std::string authority{};                        ///< closed group: its authority's certificate, PEM; empty: open
  std::optional<AddressServer> address_server{};  ///< none: the ring gives out the addresses
  std::optional<std::uint16_t> port{};            ///< UDP port of this machine; none: the node chooses. Not in a token
  /// How much of this machine's line others get (ipop-node(8)); none: the node's own values. Not in a token.
  std::optional<std::uint16_t> relay_share{};
  std::optional<std::uint16_t> relay_limit{};
  friend bool operator==(const GroupConfig&, const GroupConfig&) = default;
};

/// The rules of the fields, for values from a command line. Errors (malformed) quote the value and
/// say what would be right.
Result<void> check_group_name(std::string_view name);  ///< 1 to 32 of a-z 0-9 -, no hyphen at an end
Result<void> check_name_space(std::string_view text);  ///< 1 to 255 visible ASCII characters, no quote or backslash
Result<void> check_domain(std::string_view domain);    ///< labels of a-z 0-9 -, 1 to 128 characters
Result<net::Ipv4Prefix> parse_prefix(std::string_view text);  ///< unicast, length 8 to 29
/// A certificate that may sign members, alone in its text; gives back its PEM form.
Result<std::string> parse_authority(std::string_view pem);

/// `name-` and 80 random bits in base32: what nobody else's group has.
std::string make_name_space(std::string_view name, Rng& rng);

/// `file` is for messages only. Every error is one line: file, line, what is wrong, what would be
/// right; an unknown key names the nearest known one.
Result<GroupConfig> parse_group_config(std::string_view text, std::string_view file);
/// The file, with a comment on each key; what parse_group_config reads back as the same value.
std::string to_toml(const GroupConfig& config);

/// What `ga-group new` prints: the content of the group file in one line, with an end of its time.
struct JoinToken {
  GroupConfig group;
  std::optional<WallTime> expires{};
  /// A closed group's token: `group` is the open one by whose network a machine asks for its certificate, under the
  /// closed one's name, and this the fingerprint of the authority that it asks (SHA-256 over its certificate).
  std::optional<crypto::Digest256> asks{};
};
/// `ga1-` and base32 of version, content and the first 4 octets of its SHA-256 (typing errors).
std::string to_string(const JoinToken& token);
/// Errors name what is wrong: not a token, a newer version, damaged (checksum), a bad field.
Result<JoinToken> parse_join_token(std::string_view text);

}  // namespace ipop::groups
