#pragma once

// One function a verb; each gives the exit status. What is wrong has been said.

#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "layerstore/layer_store.hpp"
#include "options.hpp"

namespace ipop::ga_update {

/// What every verb works with.
struct Context : layerstore::Places {
  Context(const Options& chosen, const cli::Streams& its_streams)
      : Places(chosen.places), options(chosen), streams(its_streams) {}

  const Options& options;
  const cli::Streams& streams;
};

/// `bad_config` when the journal is damaged.
cli::ExitStatus carry_out(const Context& context, const ShowStatus& verb);
cli::ExitStatus carry_out(const Context& context, const ShowHistory& verb);
/// `no` when it would be refused.
cli::ExitStatus carry_out(const Context& context, const Check& verb);
/// The same for the machine's packages.
cli::ExitStatus check_packages_of_machine(const Context& context, const Tolerance& tolerance);
/// `no` when it is refused; nothing is changed then. `timed_out` when it had to wait too long.
cli::ExitStatus carry_out(const Context& context, const Apply& verb);
/// `no` when it fails; whoever called it goes back then.
cli::ExitStatus carry_out(const Context& context, const Install& verb);
/// `no` when the machine goes back, or has gone back.
cli::ExitStatus carry_out(const Context& context, const Confirm& verb);
cli::ExitStatus carry_out(const Context& context, const Back& verb);
cli::ExitStatus carry_out(const Context& context, const Hold& verb);
cli::ExitStatus carry_out(const Context& context, const Unhold& verb);

/// Reports an error and gives its status.
cli::ExitStatus report_error(const Context& context, const Error& error);

}  // namespace ipop::ga_update
