#include "run.hpp"

#include <filesystem>

#include "verbs.hpp"

namespace ipop::ga_pingtest {
namespace {

/// A report about files asks no node.
bool needs_node(const Options& options) {
  const auto* report = std::get_if<ShowReport>(&options.verb);
  if (report == nullptr) return true;
  return report->collect || (report->files.empty() && options.log.empty());
}

}  // namespace

cli::ExitStatus run(const Options& options, const cli::Streams& streams) {
  Context context{options, streams, {}, options.log};
  if (needs_node(options)) {
    const auto socket = tools::choose_socket(options.node);
    if (!socket) return tools::report_choice_error(streams, tool, socket.error());
    context.socket = *socket;
    if (context.log.empty())
      context.log = std::string(log_directory) + "/" + std::filesystem::path(*socket).stem().string() + ".log";
  }
  return std::visit([&](const auto& verb) { return carry_out(context, verb); }, options.verb);
}

}  // namespace ipop::ga_pingtest
