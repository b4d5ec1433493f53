#pragma once

// One function a verb; each gives the exit status, and ends a failure with the next command to type.

#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "options.hpp"

namespace ipop::ga_firewall {

/// What every verb works with.
struct Context {
  const Options& options;
  const cli::Streams& streams;
};

cli::ExitStatus carry_out(const Context& context, const PrintRules& verb);
/// Puts the rules in the place of those that are there, unless they are equal or somebody's login would be
/// cut (`no`); then keeps the settings and enables the unit.
cli::ExitStatus carry_out(const Context& context, const ApplyRules& verb);
cli::ExitStatus carry_out(const Context& context, const RemoveRules& verb);
/// `done` where the rules in force are those that `apply` would put there (`partly` where a user that the
/// settings name is gone), `no` otherwise.
cli::ExitStatus carry_out(const Context& context, const ShowStatus& verb);

/// Puts the rules in force and back whenever another program takes them away or changes them, until it is told to
/// stop or the settings are gone.
cli::ExitStatus carry_out(const Context& context, const WatchRules& verb);

/// Reports `error` of the packet filter or of a file; the status that belongs to it.
cli::ExitStatus report_error(const Context& context, const Error& error);

}  // namespace ipop::ga_firewall
