#pragma once

#include "options.hpp"

namespace ipop::ga {

/// Looks and writes. `done`: nothing is wrong; `no`: something is; `unreachable`: no node runs here.
cli::ExitStatus run(const Options& options, const cli::Streams& streams);

}  // namespace ipop::ga
