#include "run.hpp"

#include "groups/group_config.hpp"
#include "verbs.hpp"

namespace ipop::ga {

cli::ExitStatus run(const Options& options, const cli::Streams& streams) {
  if (!options.group.empty()) {
    if (auto good = groups::check_group_name(options.group); !good) {
      cli::complain(streams, tool, good.error().message());
      return cli::ExitStatus::usage;
    }
  }
  const Context context{options, streams};
  return std::visit([&](const auto& verb) { return carry_out(context, verb); }, options.verb);
}

}  // namespace ipop::ga
