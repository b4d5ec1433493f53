#include "daemon/errand.hpp"

#include <algorithm>
#include <utility>

namespace ipop::daemon {
namespace {

// A sentence, in a status and a log line.
constexpr std::size_t longest_reason = 300;

}  // namespace

std::string_view line_after(std::string_view text, std::string_view begin) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(begin)) return line.substr(begin.size());
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return {};
}

Errand::Errand(io::EventLoop& loop, std::string program, Duration limit, Handler on_output, Handler on_failure)
    : loop_(loop),
      program_(std::move(program)),
      limit_(limit),
      on_output_(std::move(on_output)),
      on_failure_(std::move(on_failure)) {}

void Errand::start(const std::vector<std::string>& command) {
  if (process_) return;
  if (command.empty()) return on_failure_("this node has no " + program_ + " to run");
  auto started = io::WatchedProcess::start(loop_, command, limit_,
                                           [this](const Result<io::ProcessResult>& result) { handle_end(result); });
  if (!started) return on_failure_(command.front() + ": " + started.error().message());
  process_ = *std::move(started);
}

void Errand::handle_end(const Result<io::ProcessResult>& result) {
  const auto ended = std::move(process_);
  if (!result) return on_failure_(result.error().message());
  if (result->status == 0) return on_output_(result->output);
  // As cli::complain begins a line.
  const std::string_view complaint = line_after(result->output, program_ + ": ");
  on_failure_(complaint.empty() ? program_ + " ended with status " + std::to_string(result->status)
                                : std::string(complaint.substr(0, longest_reason)));
}

}  // namespace ipop::daemon
