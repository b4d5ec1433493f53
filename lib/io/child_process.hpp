#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/result.hpp"

namespace ipop::io {

/// Where a child's stdout and stderr go: to ours, or nowhere.
enum class ChildOutput { shared, none };

/// A program that runs beside this one, with nothing on stdin. Its end is
/// announced by SIGCHLD. It is not ended with this value: who starts one ends it.
class ChildProcess {
 public:
  /// `command` holds its name, found in PATH, and arguments. Errors: errno (no_such_file_or_directory:
  /// not installed).
  static Result<ChildProcess> start(const std::vector<std::string>& command, ChildOutput output = ChildOutput::shared);

  /// How it ended: its exit status, or 128 and the signal; none while it runs. Asked once after the end.
  [[nodiscard]] std::optional<int> poll_end() const;
  /// Sends it a signal; nothing happens when it has ended.
  void send_signal(int number) const;
  [[nodiscard]] pid_t id() const { return id_; }

 private:
  explicit ChildProcess(pid_t id) : id_(id) {}

  pid_t id_;
};

}  // namespace ipop::io
