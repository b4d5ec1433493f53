#pragma once

#include "options.hpp"

namespace ipop::ga_appliance {

cli::ExitStatus run(const Options& options, const cli::Streams& streams);

}  // namespace ipop::ga_appliance
