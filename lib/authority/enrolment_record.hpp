#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/hash.hpp"

namespace ipop::authority {

/// How far a machine has come on its way into a closed group. It is kept beside the group's file from the token on
/// until the certificate is there, so that somebody else on the machine sees it, and `ga-cert join` goes on from it.
struct EnrolmentRecord {
  enum class Step {
    wanted,   ///< the token says whose certificate is needed; nobody was asked
    waiting,  ///< the authority has the request
    denied,
  };
  Step step = Step::wanted;
  crypto::Digest256 authority{};  ///< fingerprint of its certificate
  std::string authority_name{};   ///< as it calls itself; empty: not known yet
  std::string user{};             ///< as asked for; empty: not said yet
  std::string request{};          ///< the beginning of the key's fingerprint, which `ga-cert accept` takes; empty: none
  WallTime at{};                  ///< of this step
  std::string reason{};           ///< of a denial; may be empty
  friend bool operator==(const EnrolmentRecord&, const EnrolmentRecord&) = default;
};

/// Where the record of a group is.
std::string enrolment_record_path(std::string_view group_file);

std::string to_toml(const EnrolmentRecord& record);
/// Errors: malformed, with file and line.
Result<EnrolmentRecord> parse_enrolment_record(std::string_view text, std::string_view file);

}  // namespace ipop::authority
