#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "authority/authority_ledger.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"

namespace ipop::authority {

/// How far an authority's ledger has come: what a group remembers of it, signed by the authority. So a ledger from an
/// old backup, and two copies that each went on, are found.
struct LedgerMark {
  std::uint64_t count = 0;  ///< AuthorityBook::count()
  LedgerLink link{};        ///< of that entry
  WallTime at{};            ///< when it was signed
  friend bool operator==(const LedgerMark&, const LedgerMark&) = default;
};

/// The key of the group's hash table under which an authority's mark is.
std::string ledger_mark_key(const crypto::Certificate& authority);

/// `ga-ledger/1 COUNT LINK AT SIGNATURE`, link and signature in hexadecimal digits. The signature is over this text up
/// to it, and the authority's fingerprint.
std::string sign_ledger_mark(const LedgerMark& mark, const crypto::Certificate& authority,
                             const crypto::PrivateKey& key);
/// Errors: malformed, bad_checksum (not signed by `authority`).
Result<LedgerMark> parse_ledger_mark(std::string_view text, const crypto::Certificate& authority);

}  // namespace ipop::authority
