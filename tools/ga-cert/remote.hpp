#pragma once

#include <string>
#include <vector>

#include "authority/remote_decision.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {

/// What an administrator does from another machine: the authority's server, in the closed group, does it at the desk,
/// and the one ledger says who told it to. Failures have been reported.
cli::ExitStatus list_remote(const Context& context, const RemoteAuthority& remote);
/// `decision`: what is said about each of `requests`; its key counts for nothing.
cli::ExitStatus decide_remotely(const Context& context, const RemoteAuthority& remote,
                                const std::vector<std::string>& requests, authority::RemoteDecision decision);

}  // namespace ipop::ga_cert
