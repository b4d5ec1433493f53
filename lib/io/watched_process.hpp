#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/event_loop.hpp"
#include "io/run_process.hpp"

namespace ipop::io {

/// A program that runs beside an event loop. It is killed with this value.
class WatchedProcess {
 public:
  /// Called once, from the loop, with how it ended; it may destroy the value.
  using Handler = std::function<void(Result<ProcessResult>)>;

  /// `command` holds its name, found in PATH, and arguments. It has ended when it closes its output. After `limit` it
  /// is killed, and the handler gets timed_out. More output than `most_output` is read and dropped. Its stdin is the
  /// file `input`. Errors: errno (no_such_file_or_directory: not installed, or no such file).
  static Result<std::unique_ptr<WatchedProcess>> start(EventLoop& loop, const std::vector<std::string>& command,
                                                       Duration limit, Handler handler,
                                                       std::size_t most_output = 65'536,
                                                       const std::string& input = "/dev/null");
  WatchedProcess(const WatchedProcess&) = delete;
  WatchedProcess& operator=(const WatchedProcess&) = delete;
  ~WatchedProcess();

 private:
  struct State;
  explicit WatchedProcess(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ipop::io
