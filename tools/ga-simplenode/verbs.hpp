#pragma once

// One function a verb; each gives the exit status. What is wrong has been said.

#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "options.hpp"

namespace ipop::ga_simplenode {

/// What every verb works with.
struct Context {
  const Options& options;
  const cli::Streams& streams;
};

/// `no` when the node of no host answers, `partly` when those of some do.
cli::ExitStatus carry_out(const Context& context, const ShowStatus& verb);

}  // namespace ipop::ga_simplenode
