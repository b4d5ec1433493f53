#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "node/command.hpp"

namespace ipop::control {

/// Whom a node heard of, over a restart: the content of its members.json, the `gone` of an answer to `members`.
std::string history_text(const std::vector<node::GoneRow>& members);
/// Unknown fields are skipped. Errors: too_large, malformed, unsupported (another schema).
Result<std::vector<node::GoneRow>> parse_history(std::string_view text);

}  // namespace ipop::control
