#include "condor_service.hpp"

#include <utility>

#include "condor_process.hpp"
#include "condor_unit.hpp"
#include "io/file.hpp"

namespace ipop::ga_condorcfg {
namespace {

// sd_booted(3): the directory exists where systemd is the init system.
constexpr const char* systemd_directory = "/run/systemd/system";

}  // namespace

std::unique_ptr<CondorService> CondorService::make(io::EventLoop& loop, std::vector<std::string> command,
                                                   std::string config, Handlers handlers) {
  if (command.empty() && io::exists(systemd_directory))
    return std::make_unique<CondorUnit>(loop, std::move(config), std::move(handlers));
  if (command.empty()) command = {"condor_master", "-f"};
  return std::make_unique<CondorProcess>(loop, std::move(command), std::move(handlers));
}

}  // namespace ipop::ga_condorcfg
