#pragma once

// One function a verb; each gives the exit status, and ends a failure with the next command to type.

#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "options.hpp"

namespace ipop::ga_condorcfg {

/// What every verb works with.
struct Context {
  const Options& options;
  const cli::Streams& streams;
};

/// Writes HTCondor's configuration once this machine holds an address and a manager is known.
cli::ExitStatus carry_out(const Context& context, const WriteConfig& verb);
/// Keeps HTCondor as the machine's role, address and manager want it, until SIGTERM.
cli::ExitStatus carry_out(const Context& context, const WatchPool& verb);
/// Shows role, address, manager and the others that are announced.
cli::ExitStatus carry_out(const Context& context, const ShowPool& verb);
/// `bad_config` when the role file, the group file or what HTCondor reads is wrong; `no` when what is
/// written is not what the node's state wants.
cli::ExitStatus carry_out(const Context& context, const CheckPool& verb);
/// Frees the jobs of a worker that is said to be gone, or, until SIGTERM, of all that are found to be.
cli::ExitStatus carry_out(const Context& context, const FreeJobs& verb);
/// Keeps the priorities of the pool's users, or, on the machine that became its manager, brings them in.
cli::ExitStatus carry_out(const Context& context, const CarryPriorities& verb);
/// Prints what another group's submit machine needs to send jobs to this manager's pool.
cli::ExitStatus carry_out(const Context& context, const ExportFlock& verb);
/// Takes it in on that submit machine.
cli::ExitStatus carry_out(const Context& context, const AcceptFlock& verb);
/// Forgets a pool that was accepted.
cli::ExitStatus carry_out(const Context& context, const RemoveFlock& verb);
/// Runs the tests of a pool on the pool.
cli::ExitStatus carry_out(const Context& context, const ValidatePool& verb);

}  // namespace ipop::ga_condorcfg
