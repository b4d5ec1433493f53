#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::authority {

/// What an authority signs without asking, and what it never signs (TOML; ga-cert(1) explains each
/// key).
struct AuthorityPolicy {
  // A node learns of a revocation at once; for who never hears of it, this is the end.
  static constexpr std::chrono::hours longest_life{24 * 90};

  std::chrono::seconds life = longest_life;  ///< of a certificate; from 1 h, whole hours
  /// True: what the policy allows is signed without a person.
  bool accept_automatically = false;
  /// True: likewise, for who shows an enrolment token.
  bool accept_tokens = false;
  /// Live certificates of one user, 1 to 10,000. Renewals of a key count once.
  std::size_t quota = 8;
  /// Who may have a certificate; empty: anybody whom a person accepts.
  std::vector<std::string> users{};
  /// Addresses that a user's certificates may be pinned to without a person's word.
  std::map<std::string, std::vector<net::Ipv4Address>> pinned{};

  friend bool operator==(const AuthorityPolicy&, const AuthorityPolicy&) = default;

  [[nodiscard]] bool allows_user(std::string_view user) const;
  [[nodiscard]] bool pins(std::string_view user, net::Ipv4Address address) const;
};

/// `file` is for messages only. Every error is one line: file, line, what is wrong, what would be
/// right; an unknown key names the nearest known one.
Result<AuthorityPolicy> parse_authority_policy(std::string_view text, std::string_view file);
/// The file, with a comment on each key; what parse_authority_policy reads back as the same value.
std::string to_toml(const AuthorityPolicy& policy);

/// What a certificate's user may be: 1 to 64 octets of printable UTF-8 without spaces at the ends.
/// Error (malformed): what is wrong with it.
Result<void> check_user(std::string_view user);

/// What a person changes of the certificate that was asked for; what is not given stays.
struct Wishes {
  std::string user{};
  std::optional<std::vector<net::Ipv4Address>> addresses{};  ///< pinned, in place of those asked for
  std::optional<std::chrono::seconds> life{};                ///< at most longest_life
  bool another_machine = false;                              ///< that the user has one already was considered
};

/// What was asked for.
struct Asked {
  std::string user{};
  std::vector<net::Ipv4Address> addresses{};
};

/// What a certificate will say.
struct Grant {
  std::string user{};
  std::vector<net::Ipv4Address> addresses{};
  std::chrono::seconds life{};
};

/// What the policy makes of a request that no person has looked at; `has_token`: with an enrolment token
/// that is good. Errors: malformed (the user),
/// not_authorized (the policy excludes the user): both in words for the requester. None: a person decides.
Result<std::optional<Grant>> judge(const AuthorityPolicy& policy, const Asked& asked, bool has_token = false);
/// What a person's word makes of it. Errors: malformed, not_authorized (the policy excludes the
/// user, or addresses were asked for that neither policy nor person has named), out_of_range (life).
Result<Grant> grant(const AuthorityPolicy& policy, const Asked& asked, const Wishes& wishes);

}  // namespace ipop::authority
