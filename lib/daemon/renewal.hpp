#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/event_loop.hpp"
#include "io/watched_process.hpp"

namespace ipop::daemon {

/// The program that asks the authority for this node's next certificate. It is one of its own because it talks over
/// the virtual network that this process carries, and because a node needs to know nothing of enrolment.
class Renewal {
 public:
  /// `on_failure` is called, from the loop, with a sentence that says why nothing came.
  Renewal(io::EventLoop& loop, std::function<void(const std::string& reason)> on_failure);

  /// Runs the command; nothing while the one before still runs.
  void start(const std::vector<std::string>& command);

 private:
  void handle_end(const Result<io::ProcessResult>& result);

  io::EventLoop& loop_;
  std::function<void(const std::string&)> on_failure_;
  std::unique_ptr<io::WatchedProcess> process_;
};

/// What a program of ours complained of first: its words without its name, for a person.
std::string first_complaint(const io::ProcessResult& result, std::string_view program);

}  // namespace ipop::daemon
