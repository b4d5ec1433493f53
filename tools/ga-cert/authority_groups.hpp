#pragma once

#include <string>
#include <vector>

#include "crypto/certificate.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {

/// A closed group of this machine, and where its node is asked.
struct AuthorityGroup {
  std::string name{};
  std::string socket{};
};

/// The groups of this machine whose authority this is, by their files; only `group` when it is not empty. With --socket
/// the node behind it stands for them all. Errors: the folder of the files can't be read.
Result<std::vector<AuthorityGroup>> groups_of_authority(const Context& context, const crypto::Certificate& authority,
                                                        const std::string& group = {});

/// Whether the file of this group has this authority.
bool has_authority(const Context& context, const std::string& group, const crypto::Certificate& authority);

/// The closed groups of this machine, sorted. Errors: the folder of their files can't be read.
Result<std::vector<std::string>> closed_group_names(const Context& context);

}  // namespace ipop::ga_cert
