#include "run.hpp"

#include "cli/rights.hpp"
#include "verbs.hpp"

namespace ipop::ga_layer {

cli::ExitStatus run(const Options& options, const cli::Streams& streams) {
  const Context context{options, streams};
  return std::visit([&](const auto& verb) { return carry_out(context, verb); }, options.verb);
}

cli::ExitStatus report_error(const Context& context, const Error& error) {
  cli::complain(context.streams, tool, error.message());
  if (!cli::is_refused(error.code)) return cli::ExitStatus::no;
  cli::suggest_root(context.streams);
  return cli::ExitStatus::permission;
}

}  // namespace ipop::ga_layer
