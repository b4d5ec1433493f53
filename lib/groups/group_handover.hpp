#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "crypto/certificate.hpp"
#include "groups/group_config.hpp"

namespace ipop::groups {

/// What `ga-group rotate` hands to the members that it takes along: where the group goes on.
struct GroupHandover {
  std::string from{};   ///< the namespace that it leads out of: no other machine follows it
  GroupConfig group{};  ///< without a port
  /// With a new authority: what that has signed for the keys of those who are taken along.
  std::vector<crypto::Certificate> certificates{};
};

/// Lines of text: what it is, the namespace, a join token, certificates as PEM.
std::string to_string(const GroupHandover& handover);
/// Errors: malformed, unsupported (of a later release), and those of its parts.
Result<GroupHandover> parse_group_handover(std::string_view text);

}  // namespace ipop::groups
