#pragma once

#include <optional>
#include <string>

namespace ipop::condor {

/// Why no job can run, and what to do about it.
struct PoolFault {
  std::string what{};
  std::string next{};
};

/// Asks HTCondor for the pool's manager and its negotiator, this machine's queue and the workers, in a few seconds.
/// Nothing: all of them are there.
std::optional<PoolFault> find_pool_fault();

/// Whether an idle job of that cluster matches no worker at all, busy ones included. Nothing: it can run, or that is
/// not known.
std::optional<PoolFault> find_match_fault(const std::string& cluster);

}  // namespace ipop::condor
