#pragma once

#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "options.hpp"

namespace ipop::ipop_node {

/// Runs the node until it is told to stop, or answers about its configuration.
cli::ExitStatus run(const Options& options, const cli::Streams& streams);

}  // namespace ipop::ipop_node
