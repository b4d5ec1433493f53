#include "run.hpp"

#include "base/machine.hpp"
#include "verbs.hpp"

namespace ipop::ipop_dns {

cli::ExitStatus run(const Options& options, const cli::Streams& streams) {
  const auto socket = tools::choose_socket(options.node);
  if (!socket) return tools::report_choice_error(streams, tool, socket.error());
  const Context context{streams, options.output, *socket, options.node.timeout};
  return std::visit(Overloaded{
                        [&](const Serve& how) { return serve(context, how); },
                        [&](const LookUp& what) { return look_up(context, what); },
                        [&](const LookUpReverse& what) { return look_up_reverse(context, what); },
                        [&](const ListNames&) { return list_names(context); },
                    },
                    options.verb);
}

}  // namespace ipop::ipop_dns
