#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/hash.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::authority {

/// The authority was made: always the first entry.
struct LedgerMade {
  crypto::Digest256 authority{};  ///< SHA-256 over its certificate
  std::string name{};
  friend bool operator==(const LedgerMade&, const LedgerMade&) = default;
};
/// A request came and waits for a person.
struct LedgerRequested {
  crypto::Digest256 key{};
  std::string user{};
  std::vector<net::Ipv4Address> addresses{};
  std::string source{};  ///< where it came from
  friend bool operator==(const LedgerRequested&, const LedgerRequested&) = default;
};
/// Who decided that a certificate is signed.
enum class SignedBy : std::uint8_t {
  person,
  policy,         ///< automatic accept
  renewal,        ///< the holder of the certificate before
  token,          ///< the policy, for who showed an enrolment token
  administrator,  ///< a person on another machine, with a member's key that the authority named
  server,         ///< for the authority's own HTTPS
};
std::string_view to_string(SignedBy by);

struct LedgerSigned {
  crypto::Digest256 key{};
  std::string user{};
  std::vector<net::Ipv4Address> addresses{};
  Bytes serial{};  ///< as in the certificate
  WallTime not_before{};
  WallTime not_after{};
  SignedBy by = SignedBy::person;
  Bytes certificate{};  ///< DER: a lost file can be written again
  /// The enrolment token that this certificate is a use of: its name.
  std::optional<crypto::Digest256> token{};
  /// The key of the administrator who said yes from another machine.
  std::optional<crypto::Digest256> administrator{};
  friend bool operator==(const LedgerSigned&, const LedgerSigned&) = default;
};
struct LedgerDenied {
  crypto::Digest256 key{};
  std::string user{};
  std::string reason{};
  bool by_policy = false;                            ///< no person looked at it
  std::optional<crypto::Digest256> administrator{};  ///< who said no from another machine
  friend bool operator==(const LedgerDenied&, const LedgerDenied&) = default;
};
/// A key or a user was shut out.
struct LedgerRevoked {
  std::optional<crypto::Digest256> key{};
  std::string user{};  ///< empty: the key
  std::string reason{};
  std::uint64_t number = 0;  ///< of the revocation list that says so
  friend bool operator==(const LedgerRevoked&, const LedgerRevoked&) = default;
};
/// An enrolment token was made. Only its name is known: the SHA-256 over its secret.
struct LedgerToken {
  crypto::Digest256 token{};
  std::uint64_t uses = 0;  ///< how many certificates it is good for
  WallTime expires{};
  std::string user{};  ///< whom it is good for; empty: whom the policy allows
  std::string note{};  ///< for people
  friend bool operator==(const LedgerToken&, const LedgerToken&) = default;
};
/// An enrolment token was taken back.
struct LedgerTokenEnded {
  crypto::Digest256 token{};
  friend bool operator==(const LedgerTokenEnded&, const LedgerTokenEnded&) = default;
};
/// A rotation of the group left this key's holder behind: the group's file is not for it until a person
/// signs for the key again.
struct LedgerLeftOut {
  crypto::Digest256 key{};
  std::string user{};
  friend bool operator==(const LedgerLeftOut&, const LedgerLeftOut&) = default;
};
/// A CRL with a later end was signed; nothing else changed.
struct LedgerCrl {
  friend bool operator==(const LedgerCrl&, const LedgerCrl&) = default;
};
/// A member's key may decide about requests from another machine.
struct LedgerAdministrator {
  crypto::Digest256 key{};
  std::string user{};
  friend bool operator==(const LedgerAdministrator&, const LedgerAdministrator&) = default;
};
/// It may no longer.
struct LedgerAdministratorEnded {
  crypto::Digest256 key{};
  friend bool operator==(const LedgerAdministratorEnded&, const LedgerAdministratorEnded&) = default;
};
/// Entries were lost for good: the ledger goes on behind what the group knows of it.
struct LedgerResumed {
  std::uint64_t count = 0;  ///< of entries, up to the last that was lost; AuthorityBook::count()
  std::uint64_t list = 0;   ///< number of the last revocation list
  friend bool operator==(const LedgerResumed&, const LedgerResumed&) = default;
};
/// A line that a process never finished was cut off.
struct LedgerMended {
  std::uint64_t octets = 0;
  friend bool operator==(const LedgerMended&, const LedgerMended&) = default;
};

using LedgerEvent = std::variant<LedgerMade, LedgerRequested, LedgerSigned, LedgerDenied, LedgerRevoked, LedgerCrl,
                                 LedgerMended, LedgerToken, LedgerTokenEnded, LedgerLeftOut, LedgerResumed,
                                 LedgerAdministrator, LedgerAdministratorEnded>;

/// One thing that happened at an authority.
struct LedgerEntry {
  WallTime at{};
  LedgerEvent event{};
  friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};

/// What ties each line of a ledger to all lines before it: a changed or missing line breaks the
/// chain, so that damage is seen. It is no signature: who can write the file can write it anew.
using LedgerLink = std::array<std::byte, 16>;

/// A line of ledger.jsonl: one JSON object without a line feed, at most max_ledger_line octets.
constexpr std::size_t max_ledger_line = 16 * 1024;

/// Writes an entry as the line that follows `link`, which becomes the link of the next.
std::string to_line(const LedgerEntry& entry, LedgerLink& link);
/// Reads it back. Errors: malformed (not such a line), unsupported (a kind of entry that this release
/// does not know), bad_checksum (the chain is broken here), too_large. `link` changes on success only.
Result<LedgerEntry> parse_ledger_line(std::string_view line, LedgerLink& link);

}  // namespace ipop::authority
