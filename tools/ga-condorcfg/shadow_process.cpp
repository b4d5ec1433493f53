#include "shadow_process.hpp"

#include <algorithm>

#include "io/processes.hpp"

namespace ipop::ga_condorcfg {
namespace {

/// `condor_shadow 12.0 --schedd=...`, with or without its path, and of HTCondor, whose processes began as root.
bool is_shadow_of(const io::Process& process, const std::string& job) {
  if (process.command.empty() || process.real_user != 0) return false;
  const std::string& program = process.command.front();
  return program.substr(program.rfind('/') + 1) == "condor_shadow" &&
         std::ranges::find(process.command, job) != process.command.end();
}

}  // namespace

bool end_shadow(const std::string& job) {
  bool found = false;
  for (const io::Process& process : io::list_processes())
    if (is_shadow_of(process, job)) found = io::end_process(process.id) || found;
  return found;
}

}  // namespace ipop::ga_condorcfg
