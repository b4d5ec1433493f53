#pragma once

// One function a verb; each gives the exit status.

#include <string>

#include "base/time.hpp"
#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "options.hpp"

namespace ipop::ipop_dns {

/// What every verb needs: where it writes, and the node that it asks.
struct Context {
  const cli::Streams& streams;
  const cli::OutputOptions& output;
  std::string socket{};
  Duration limit{};
};

/// Runs until SIGINT or SIGTERM.
cli::ExitStatus serve(const Context& context, const Serve& how);
/// `no` when nobody has the name, `timed_out` when the members that store it did not answer.
cli::ExitStatus look_up(const Context& context, const LookUp& what);
/// Likewise for an address.
cli::ExitStatus look_up_reverse(const Context& context, const LookUpReverse& what);
/// `partly` when the walk did not come back to its start.
cli::ExitStatus list_names(const Context& context);

}  // namespace ipop::ipop_dns
