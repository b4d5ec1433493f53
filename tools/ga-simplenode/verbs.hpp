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
/// `no` when nothing could be installed on any host, `partly` when on some.
cli::ExitStatus carry_out(const Context& context, const InstallNodes& verb);
/// `no` when nothing was changed, `partly` when it stopped on the way.
cli::ExitStatus carry_out(const Context& context, const UpgradeNodes& verb);

}  // namespace ipop::ga_simplenode
