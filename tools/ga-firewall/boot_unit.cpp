#include "boot_unit.hpp"

#include "io/file.hpp"
#include "io/run_process.hpp"

namespace ipop::ga_firewall {
namespace {

// sd_booted(3): the directory exists where systemd is the init system.
constexpr const char* systemd_directory = "/run/systemd/system";
constexpr const char* unit = "ga-firewall.service";
constexpr const char* watch_unit = "ga-firewall-watch.service";

bool has_unit(const Context& context) {
  return context.options.directory == system_directory && io::exists(systemd_directory);
}

bool is_enabled() {
  const auto result = io::run_process({"systemctl", "--quiet", "is-enabled", unit}, 30s);
  return result && result->status == 0;
}

}  // namespace

std::string unit_command(const Context& context, std::string_view verb) {
  return has_unit(context) ? "systemctl " + std::string(verb) + " --now " + unit : "";
}

void stop_watch(const Context& context) {
  if (has_unit(context)) (void)io::run_process({"systemctl", "--quiet", "stop", watch_unit}, 30s);
}

cli::ExitStatus change_unit(const Context& context, std::string_view verb) {
  if (!has_unit(context)) return cli::ExitStatus::done;
  // The unit itself applies the rules at a start, when systemd has other things to do than to read its units again.
  if (verb == "enable" && is_enabled()) return cli::ExitStatus::done;
  const auto result = io::run_process({"systemctl", "--quiet", std::string(verb), "--now", unit}, 30s);
  if (result && result->status == 0) return cli::ExitStatus::done;
  const std::string reason = result ? result->output.substr(0, result->output.find('\n')) : result.error().message();
  cli::complain(context.streams, tool, unit_command(context, verb) + " failed: " + reason);
  return cli::ExitStatus::partly;
}

}  // namespace ipop::ga_firewall
