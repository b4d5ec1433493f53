#pragma once

#include "options.hpp"

namespace ipop::ipop_dhcp {

cli::ExitStatus run(const Options& options, const cli::Streams& streams);

}  // namespace ipop::ipop_dhcp
