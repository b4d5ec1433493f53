#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "crypto/hash.hpp"
#include "net/endpoint.hpp"

namespace ipop::authority {

/// The key in an open group's DHT under which authorities tell where they are.
constexpr std::string_view announcement_key = "ga-authority";

/// Where an authority can be asked, and by what people know it. Anybody can write one: it leads to a
/// server, and the fingerprint that people compare says whether it is the right one.
struct AuthorityAnnouncement {
  net::Endpoint server{};
  crypto::Digest256 fingerprint{};  ///< SHA-256 over the authority's certificate
  friend bool operator==(const AuthorityAnnouncement&, const AuthorityAnnouncement&) = default;
};

/// `https://10.128.0.1:8443 ` and 64 hexadecimal digits.
std::string to_string(const AuthorityAnnouncement& announcement);
/// Error: malformed.
Result<AuthorityAnnouncement> parse_announcement(std::string_view text);

}  // namespace ipop::authority
