#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "fleet/host.hpp"
#include "fleet/report.hpp"
#include "fleet/rota.hpp"
#include "fleet/ssh_command.hpp"
#include "io/run_process.hpp"
#include "verbs.hpp"

namespace ipop::ga_simplenode {

/// The hosts that were named, or those of a file. Errors are one line: used wrongly, or file and line.
Result<std::vector<fleet::Host>> read_hosts(const Options& options);

fleet::SshOptions ssh_options(const Options& options);

/// A program of this machine that works on a host.
struct Errand {
  std::vector<std::string> command{};
  std::string input{};  ///< file that it reads on stdin
};

/// Runs an errand for each host, in the order and number that `rota` allows, and gives back when all have ended.
/// `ended` says whether it went well. `doing` stands on the line of progress.
void run_errands(const Context& context, fleet::Rota& rota, const std::vector<fleet::Host>& hosts,
                 const std::string& doing, const std::function<Errand(std::size_t)>& make,
                 const std::function<bool(std::size_t, const Result<io::ProcessResult>&)>& ended);

/// What a host said of itself, or why it said nothing.
Result<fleet::Report> report_of(const Context& context, const Result<io::ProcessResult>& ended);

/// Asks all hosts at once; a report or a reason for each, in their order.
Result<std::vector<Result<fleet::Report>>> ask_hosts(const Context& context, const std::vector<fleet::Host>& hosts);

}  // namespace ipop::ga_simplenode
