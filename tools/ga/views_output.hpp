#pragma once

#include <vector>

#include "screen.hpp"
#include "verbs.hpp"

namespace ipop::ga {

/// Writes one group as a screen, several as a line each, none as what to do.
void write_status(const Context& context, const std::vector<GroupView>& views);
/// Writes every finding of every group.
void write_findings(const Context& context, const std::vector<GroupView>& views);
/// `unreachable`: no node runs here; `no`: something is wrong.
cli::ExitStatus status_of_views(const std::vector<GroupView>& views);

}  // namespace ipop::ga
