#pragma once

#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "options.hpp"

namespace ipop::ga_condorcfg {

/// Carries out the verb.
cli::ExitStatus run(const Options& options, const cli::Streams& streams);

}  // namespace ipop::ga_condorcfg
