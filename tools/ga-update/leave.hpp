#pragma once

#include "base/result.hpp"
#include "verbs.hpp"

namespace ipop::ga_update {

/// Waits until this machine may leave its pool: the time, no job, its wave. `release` is what is brought, as in
/// `debian-4`. Errors: timed_out (--within), not_found (its name is not among the machines), what HTCondor says.
Result<void> wait_for_departure(const Context& context, const Apply& verb, const std::string& release);

}  // namespace ipop::ga_update
