#pragma once

#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "options.hpp"

namespace ipop::ipop_dns {

/// Does what the verb says.
cli::ExitStatus run(const Options& options, const cli::Streams& streams);

}  // namespace ipop::ipop_dns
