#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "fleet/host.hpp"
#include "fleet/report.hpp"
#include "fleet/rota.hpp"
#include "io/memory_file.hpp"
#include "verbs.hpp"

namespace ipop::ga_simplenode {

/// The hosts that were named, or those of a file. Errors are one line: used wrongly, or file and line.
Result<std::vector<fleet::Host>> read_hosts(const Options& options);

/// What is done on one host: a command over ssh, and what it reads on stdin.
struct Errand {
  std::string command{};
  std::string input{};  ///< a file
};

/// The same on many hosts.
struct Round {
  std::string doing{};  ///< for the line of progress
  std::chrono::seconds limit{};
  std::function<Errand(std::size_t)> make{};
  /// Called as each host has ended, with what it said of itself or why it said nothing; gives whether it went well.
  std::function<bool(std::size_t, Result<fleet::Report>)> ended{};
};

/// Goes round the hosts, in the order and number that `rota` allows, and comes back when all have ended.
void go_round(const Context& context, const std::vector<fleet::Host>& hosts, fleet::Rota rota, const Round& round);

/// The script that hosts run, as a file to be sent.
Result<io::MemoryFile> script_file();

/// Runs the script with these words on all hosts side by side; a report or a reason for each, in their order.
Result<std::vector<Result<fleet::Report>>> ask_hosts(const Context& context, const std::vector<fleet::Host>& hosts,
                                                     const std::string& words, const std::string& doing);

}  // namespace ipop::ga_simplenode
