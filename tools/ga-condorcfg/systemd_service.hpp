#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/log.hpp"

namespace ipop::ga_condorcfg {

/// A service that systemd runs, asked through systemctl(1), 30 seconds at most.
class SystemdService {
 public:
  /// `log` takes what systemctl refuses.
  SystemdService(std::string name, std::function<void(const LogLine&)> log);

  /// `systemctl WORDS... NAME`; false when it refused.
  bool ask(std::vector<std::string> words) const;
  /// Whether a boot starts it.
  [[nodiscard]] bool is_enabled() const;
  /// Whether it runs, is being started or is being stopped, as long as systemd does not deny it.
  [[nodiscard]] bool is_active() const;
  /// Whether it began in an earlier second than `file` was written; false where it does not run.
  [[nodiscard]] bool began_before(const std::string& file) const;

 private:
  [[nodiscard]] std::string property(const std::string& name) const;

  std::string name_;
  std::function<void(const LogLine&)> log_;
};

}  // namespace ipop::ga_condorcfg
