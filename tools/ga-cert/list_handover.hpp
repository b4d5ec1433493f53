#pragma once

#include <cstdint>
#include <string>

#include "crypto/revocation_list.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {

/// Hands a revocation list to the node of the closed group on this machine, which spreads it.
///
/// `group` when neither --socket nor --group says which. A failure has been reported, with the command
/// that hands the list over later: `unreachable` (no node), `permission`, `timed_out`, `no` (refused).
cli::ExitStatus hand_over(const Context& context, const crypto::RevocationList& list, const std::string& group);

}  // namespace ipop::ga_cert
