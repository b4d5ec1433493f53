#pragma once

#include <string>
#include <vector>

#include "authority/authority_book.hpp"
#include "base/result.hpp"
#include "crypto/certificate.hpp"

namespace ipop::ga_group {

/// Who is taken along, as typed: users, beginnings of serial numbers or key fingerprints (4 or more
/// hexadecimal digits), files of certificates.
struct MemberWords {
  std::vector<std::string> members{};
  std::vector<std::string> all_except{};
  bool all = false;
};

/// All members with a valid certificate, parted in two; of each key the certificate that ends last, in the
/// order in which they were signed.
struct MemberChoice {
  std::vector<crypto::Certificate> taken{};
  std::vector<crypto::Certificate> left{};
};

/// Errors: not_found (a word that means nobody), malformed (a file, or an entry of the book), errno.
Result<MemberChoice> choose_members(const authority::AuthorityBook& book, const MemberWords& words, WallTime now);

}  // namespace ipop::ga_group
