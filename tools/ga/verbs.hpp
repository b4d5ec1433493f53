#pragma once

// One function a verb; each gives the exit status.

#include "options.hpp"

namespace ipop::ga {

/// What every verb works with.
struct Context {
  const Options& options;
  const cli::Streams& streams;
};

cli::ExitStatus carry_out(const Context& context, const ShowStatus& verb);
cli::ExitStatus carry_out(const Context& context, const Diagnose& verb);
cli::ExitStatus carry_out(const Context& context, const ReportBug& verb);

}  // namespace ipop::ga
