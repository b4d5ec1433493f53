#pragma once

// The words that findings have in common.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/group_files.hpp"
#include "health/findings.hpp"

namespace ipop::health {

inline Finding good(std::string topic, std::string what) {
  return {std::move(topic), Verdict::good, std::move(what), {}, {}, false};
}
inline Finding note(std::string topic, std::string what, std::string command = {}) {
  return {std::move(topic), Verdict::note, std::move(what), {}, std::move(command), false};
}
inline Finding wrong(std::string topic, std::string what, std::string why, std::string command) {
  return {std::move(topic), Verdict::wrong, std::move(what), std::move(why), std::move(command), false};
}
inline Finding explaining(Finding finding) {
  finding.explains_rest = true;
  return finding;
}

inline std::string group_option(const Facts& facts) {
  return " --group " + facts.group;
}

inline std::string as_root(const Facts& facts, const std::string& command) {
  return facts.has_sudo ? "sudo " + command : "su -c '" + command + "'";
}

inline std::string log_command(const Facts& facts) {
  if (facts.has_systemd) return "journalctl -u ipop-node@" + facts.group + " -n 50";
  return "ipop-node config check" + group_option(facts);
}

inline std::string restart_command(const Facts& facts) {
  if (facts.has_systemd) return "systemctl restart ipop-node@" + facts.group;
  return "ipop-ctl stop" + group_option(facts) + "; " + start_command(facts);
}

inline std::string counted(std::size_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

inline std::string clock_command(const Facts& facts) {
  return facts.has_systemd ? "timedatectl set-ntp true" : "date -u; date -s 'YYYY-MM-DD HH:MM:SS'";
}

inline std::string key_path(const Facts& facts) {
  const std::string usual = GroupFiles(facts.group).node().key();
  for (const FileFact& file : facts.files)
    if (file.path.substr(file.path.rfind('/') + 1) == usual.substr(usual.rfind('/') + 1)) return file.path;
  return usual;
}

}  // namespace ipop::health
