#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/ipv4_prefix.hpp"

namespace ipop::appliance {

/// A bootstrap node: a host name or an IP literal, and its UDP port.
struct BootstrapEntry {
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const BootstrapEntry&, const BootstrapEntry&) = default;
};
/// `udp:host:port`, `host:port`, `[v6]:port`. Errors: malformed, with what would be right.
Result<BootstrapEntry> parse_bootstrap_entry(std::string_view text);
std::string to_string(const BootstrapEntry& entry);

/// The one small file that makes a machine a member of a group (TOML; man page ga-group(8)).
struct GroupConfig {
  std::string name;        ///< of the group, for people: [a-z0-9-], 1 to 32
  std::string name_space;  ///< what separates rings: the name and 80 random bits
  net::Ipv4Prefix prefix{net::Ipv4Address(10, 128, 0, 0), 9};
  std::string domain = "ipop";
  std::vector<BootstrapEntry> bootstrap;  ///< no limit on its length
  friend bool operator==(const GroupConfig&, const GroupConfig&) = default;
};

/// `file` is for messages only. Every error is one line: file, line, what is wrong, what would be
/// right; an unknown key names the nearest known one.
Result<GroupConfig> parse_group_config(std::string_view text, std::string_view file);
/// The file, with a comment on each key.
std::string to_toml(const GroupConfig& config);

/// What `ga-group new` prints: the content of the group file in one line, with an end of its time.
struct JoinToken {
  GroupConfig group;
  std::optional<WallTime> expires{};
};
/// `ga1-` and base32 of version, content and the first 4 octets of its SHA-256 (typing errors).
std::string to_string(const JoinToken& token);
/// Errors name what is wrong: not a token, a newer version, damaged (checksum), a bad field.
Result<JoinToken> parse_join_token(std::string_view text);

}  // namespace ipop::appliance
