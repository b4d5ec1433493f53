#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "pool/condor_config.hpp"

namespace ipop::pool {

/// What another group's submit machine needs to send jobs to a pool: made by that pool's manager, and a
/// secret.
struct FlockPass {
  FlockPartner partner{};
  std::string token{};  ///< of HTCondor, signed by the manager for guest_name
  friend bool operator==(const FlockPass&, const FlockPass&) = default;
};

/// Four lines of a word and a value under the line `ga-flock 1`.
std::string to_string(const FlockPass& pass);
/// `file` is for messages: every error is one line with file, line and what is wrong. Errors: malformed,
/// unsupported (a later version).
Result<FlockPass> parse_flock_pass(std::string_view text, std::string_view file);

/// A token of HTCondor as it stands in a line: three parts of base64url between dots, at most 4096
/// characters (RFC 7519, 3). Errors: malformed.
Result<void> check_token(std::string_view token);

}  // namespace ipop::pool
