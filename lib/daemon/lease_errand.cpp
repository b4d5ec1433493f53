#include "daemon/lease_errand.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/base64.hpp"
#include "daemon/renewal.hpp"

namespace ipop::daemon {
namespace {

constexpr Duration errand_limit = 20s;
constexpr std::string_view answer_begins = "grant ";

/// The rest of the line that begins so; empty without one.
std::string_view line_after(std::string_view text, std::string_view begin) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(begin)) return line.substr(begin.size());
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return {};
}

}  // namespace

LeaseErrand::LeaseErrand(io::EventLoop& loop, OnGrant on_grant, OnFailure on_failure)
    : loop_(loop), on_grant_(std::move(on_grant)), on_failure_(std::move(on_failure)) {}

void LeaseErrand::start(std::vector<std::string> command, ByteSpan request) {
  if (process_) return;
  if (command.empty()) return on_failure_("this node has no program that asks the server");
  command.push_back(to_base64(request));
  auto started = io::WatchedProcess::start(loop_, command, errand_limit,
                                           [this](const Result<io::ProcessResult>& result) { handle_end(result); });
  if (!started) return on_failure_(command.front() + ": " + started.error().message());
  process_ = *std::move(started);
}

void LeaseErrand::handle_end(const Result<io::ProcessResult>& result) {
  const auto ended = std::move(process_);
  if (!result) return on_failure_(result.error().message());
  if (result->status != 0) return on_failure_(first_complaint(*result, "ipop-dhcp"));
  const auto grant = parse_base64(line_after(result->output, answer_begins));
  if (!grant || grant->empty()) return on_failure_("ipop-dhcp printed no grant");
  on_grant_(*grant);
}

}  // namespace ipop::daemon
