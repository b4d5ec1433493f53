#pragma once

// One function a verb; each gives the exit status. What is wrong has been said.

#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "options.hpp"

namespace ipop::ga_appliance {

/// What every verb works with.
struct Context {
  const Options& options;
  const cli::Streams& streams;
};

/// Of several machines: `no` when it could be done with none, `partly` when with some.
cli::ExitStatus carry_out(const Context& context, const StartMachines& verb);
/// `partly` also when a machine had to be switched off.
cli::ExitStatus carry_out(const Context& context, const StopMachines& verb);
cli::ExitStatus carry_out(const Context& context, const ResetMachines& verb);
cli::ExitStatus carry_out(const Context& context, const DeleteMachines& verb);
cli::ExitStatus carry_out(const Context& context, const ListMachines& verb);
/// Comes back with an error only; socat(1) goes on.
cli::ExitStatus carry_out(const Context& context, const ShowConsole& verb);
/// Comes back with an error only; ssh(1) goes on.
cli::ExitStatus carry_out(const Context& context, const LogIn& verb);

}  // namespace ipop::ga_appliance
