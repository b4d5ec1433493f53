#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "io/child_process.hpp"
#include "io/event_loop.hpp"

namespace ipop::ga_condorcfg {

/// A program that runs beside this one for as long as it is wanted, and is started again when it ends.
class KeptProgram {
 public:
  /// `log` hears of each end that was not asked for.
  KeptProgram(io::EventLoop& loop, std::vector<std::string> command, std::function<void(const LogLine&)> log);
  KeptProgram(const KeptProgram&) = delete;
  KeptProgram& operator=(const KeptProgram&) = delete;
  ~KeptProgram() { stop(); }

  void start();
  void stop();
  /// SIGCHLD came.
  void handle_child();

 private:
  void spawn();

  std::vector<std::string> command_;
  std::function<void(const LogLine&)> log_;
  bool is_wanted_ = false;
  bool is_told_ = false;  // to end
  std::optional<io::ChildProcess> child_;
  io::LoopTimer again_;
};

}  // namespace ipop::ga_condorcfg
