#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/child_process.hpp"
#include "io/event_loop.hpp"

namespace ipop::ga_condorcfg {

/// A program that runs now and then beside this one, and ends by itself: again after a pause, sooner when it failed.
class RepeatedProgram {
 public:
  RepeatedProgram(io::EventLoop& loop, std::vector<std::string> command);
  RepeatedProgram(const RepeatedProgram&) = delete;
  RepeatedProgram& operator=(const RepeatedProgram&) = delete;
  ~RepeatedProgram() { stop(); }

  /// Runs it at once, and from then on; once more when it runs already.
  void start();
  void stop();
  /// SIGCHLD came.
  void handle_child();

 private:
  void spawn();

  std::vector<std::string> command_;
  bool is_wanted_ = false;
  bool is_due_ = false;  // again, as soon as it has ended
  std::optional<io::ChildProcess> child_;
  io::LoopTimer again_;
};

}  // namespace ipop::ga_condorcfg
