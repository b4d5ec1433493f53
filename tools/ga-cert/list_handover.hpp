#pragma once

#include <cstdint>
#include <string>

#include "crypto/certificate.hpp"
#include "crypto/revocation_list.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {

/// Hands a revocation list to the nodes of this machine's groups that have this authority, all of them; each
/// spreads it in its group. Which groups these are, their files say: a name says nothing.
///
/// --socket names one node instead, `group` (--group) one group. A failure has been reported, with the command
/// that hands the list over later: `partly` (to some), `unreachable` (no node), `permission`, `timed_out`,
/// `no` (refused), `usage` (the group has another authority).
cli::ExitStatus hand_over(const Context& context, const crypto::RevocationList& list,
                          const crypto::Certificate& authority, const std::string& group);

/// Reports a --group whose file names another authority, or that is not there; `done` otherwise.
cli::ExitStatus check_group(const Context& context, const crypto::Certificate& authority, const std::string& group);

}  // namespace ipop::ga_cert
