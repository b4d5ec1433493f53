#include "run.hpp"

#include "verbs.hpp"

namespace ipop::ga_layer {

cli::ExitStatus run(const Options& options, const cli::Streams& streams) {
  const Context context{options, streams, {options.store}};
  return std::visit([&](const auto& verb) { return carry_out(context, verb); }, options.verb);
}

cli::ExitStatus report_error(const Context& context, const Error& error) {
  cli::complain(context.streams, tool, error.message());
  if (error.code == std::errc::permission_denied || error.code == std::errc::operation_not_permitted)
    return cli::ExitStatus::permission;
  return cli::ExitStatus::no;
}

}  // namespace ipop::ga_layer
