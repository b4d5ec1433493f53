#include "run.hpp"

#include "verbs.hpp"

namespace ipop::ga_simplenode {

cli::ExitStatus run(const Options& options, const cli::Streams& streams) {
  const Context context{options, streams};
  return std::visit([&](const auto& verb) { return carry_out(context, verb); }, options.verb);
}

}  // namespace ipop::ga_simplenode
