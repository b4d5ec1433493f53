#pragma once

// One function a verb; each gives the exit status. What is wrong has been said.

#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "layers/mount_plan.hpp"
#include "layerstore/layer_store.hpp"
#include "options.hpp"

namespace ipop::ga_layer {

/// What every verb works with.
struct Context : layerstore::Places {
  Context(const Options& chosen, const cli::Streams& its_streams)
      : Places(chosen.places), options(chosen), streams(its_streams) {}

  const Options& options;
  const cli::Streams& streams;
};

/// With a command, its exit status.
cli::ExitStatus carry_out(const Context& context, const MountLayers& verb);
cli::ExitStatus carry_out(const Context& context, const UnmountLayers& verb);
/// `no` when an image is missing.
cli::ExitStatus carry_out(const Context& context, const ShowStatus& verb);
cli::ExitStatus carry_out(const Context& context, const ShowDifference& verb);
cli::ExitStatus carry_out(const Context& context, const Develop& verb);
cli::ExitStatus carry_out(const Context& context, const Blank& verb);
/// `no`, and nothing is changed, where a name can't go into an image as it is, or changed meanwhile.
cli::ExitStatus carry_out(const Context& context, const MakeRelease& verb);
/// `no` when something is not right.
cli::ExitStatus carry_out(const Context& context, const Verify& verb);
cli::ExitStatus carry_out(const Context& context, const Export& verb);
/// `no` when it is refused; nothing of it is left then.
cli::ExitStatus carry_out(const Context& context, const Import& verb);
cli::ExitStatus carry_out(const Context& context, const Rollback& verb);

/// Reports an error and gives its status.
cli::ExitStatus report_error(const Context& context, const Error& error);

}  // namespace ipop::ga_layer
