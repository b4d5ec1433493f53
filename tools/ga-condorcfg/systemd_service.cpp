#include "systemd_service.hpp"

#include <charconv>
#include <utility>

#include "base/time.hpp"
#include "io/file.hpp"
#include "io/run_process.hpp"

namespace ipop::ga_condorcfg {

SystemdService::SystemdService(std::string name, std::function<void(const LogLine&)> log)
    : name_(std::move(name)), log_(std::move(log)) {}

bool SystemdService::ask(std::vector<std::string> words) const {
  words.insert(words.begin(), "systemctl");
  words.push_back(name_);
  const auto ran = io::run_process(words, 30s);
  if (ran && ran->status == 0) return true;
  std::string command;
  for (const std::string& word : words)
    command += (command.empty() ? "" : " ") + word;
  const std::string reason = ran ? ran->output.substr(0, ran->output.find('\n')) : ran.error().message();
  log_({LogLevel::error, command + " fails", {{"reason", reason}}});
  return false;
}

std::string SystemdService::property(const std::string& name) const {
  const auto ran = io::run_process({"systemctl", "show", "--timestamp=unix", "--value", "-p", name, name_}, 30s);
  if (!ran || ran->status != 0) return {};
  return ran->output.substr(0, ran->output.find('\n'));
}

bool SystemdService::is_enabled() const {
  return property("UnitFileState") == "enabled";
}

bool SystemdService::is_active() const {
  const std::string state = property("ActiveState");
  return state != "inactive" && state != "failed";
}

bool SystemdService::began_before(const std::string& file) const {
  // "@1732278915"; empty while it is being started.
  const std::string text = property("ActiveEnterTimestamp");
  if (!is_active() || text.size() < 2) return false;
  WallTime began;
  std::from_chars(text.data() + 1, text.data() + text.size(), began.seconds);
  const auto written = io::modification_time(file);
  return written && began < *written;
}

}  // namespace ipop::ga_condorcfg
