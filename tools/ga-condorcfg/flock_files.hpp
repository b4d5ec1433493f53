#pragma once

#include <string>
#include <vector>

#include "pool/condor_flock.hpp"
#include "verbs.hpp"

namespace ipop::ga_condorcfg {

/// The pools of other groups that this machine accepted, in the order of their domains. Errors: errno;
/// malformed, one line with the file.
Result<std::vector<pool::FlockPartner>> load_flock_partners(const Context& context);

/// Where the accepted pools are kept, each one's file, and where HTCondor finds its token.
std::string flock_directory(const Context& context);
std::string flock_file(const Context& context, const std::string& domain);
std::string flock_token_file(const Context& context, const std::string& domain);

}  // namespace ipop::ga_condorcfg
