#pragma once

#include "options.hpp"

namespace ipop::ga_update {

cli::ExitStatus run(const Options& options, const cli::Streams& streams);

}  // namespace ipop::ga_update
