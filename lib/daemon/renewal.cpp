#include "daemon/renewal.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace ipop::daemon {
namespace {

// A server that has just started is waited for a minute, and each exchange has its own limit.
constexpr Duration asking_limit = std::chrono::minutes(5);
// A sentence, in a status and a log line.
constexpr std::size_t longest_reason = 300;

}  // namespace

std::string first_complaint(const io::ProcessResult& result, std::string_view program) {
  const std::string name = std::string(program) + ": ";  // as cli::complain begins a line
  std::string_view rest = result.output;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.starts_with(name)) return std::string(line.substr(name.size(), longest_reason));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  return std::string(program) + " ended with status " + std::to_string(result.status);
}

Renewal::Renewal(io::EventLoop& loop, std::function<void(const std::string& reason)> on_failure)
    : loop_(loop), on_failure_(std::move(on_failure)) {}

void Renewal::start(const std::vector<std::string>& command) {
  if (process_) return;
  if (command.empty()) return on_failure_("this node has no program that asks for it");
  auto started = io::WatchedProcess::start(loop_, command, asking_limit,
                                           [this](const Result<io::ProcessResult>& result) { handle_end(result); });
  if (!started) return on_failure_(started.error().message());
  process_ = *std::move(started);
}

void Renewal::handle_end(const Result<io::ProcessResult>& result) {
  const auto ended = std::move(process_);
  if (!result) return on_failure_(result.error().message());
  if (result->status != 0) on_failure_(first_complaint(*result, "ga-cert"));
}

}  // namespace ipop::daemon
