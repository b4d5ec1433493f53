#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "updates/journal.hpp"
#include "verbs.hpp"

namespace ipop::ga_update {

/// Watches this machine until it is content, by its nodes' events and by asking HTCondor and the resolver. `on_wait` is
/// told in words what is awaited, whenever that changes. Errors (conflict): why it is not content within `limit`.
Result<void> wait_until_content(const Context& context, const updates::Wants& wants, Duration limit,
                                const std::function<void(const std::string&)>& on_wait);

/// What this machine has: a node where there is a group, a pool where there is a role in one. Errors: errno.
Result<updates::Wants> wants_of_machine(const Context& context);

}  // namespace ipop::ga_update
