#include "validation/job_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace ipop::validation {
namespace {

constexpr std::array<JobEventKind, 10> known{
    JobEventKind::submitted,        JobEventKind::executing, JobEventKind::evicted,      JobEventKind::terminated,
    JobEventKind::aborted,          JobEventKind::held,      JobEventKind::disconnected, JobEventKind::reconnected,
    JobEventKind::reconnect_failed, JobEventKind::transfer};
// An event ends with a line of three dots.
constexpr std::string_view event_end = "\n...\n";

template <class Number>
std::optional<Number> number_at(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

/// What stands behind `mark`; empty without it.
std::string_view behind(std::string_view text, std::string_view mark) {
  const auto at = text.find(mark);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
}

/// `005 (012.003.000) 2026-11-22 09:21:31 Job terminated.` and the lines below it.
std::optional<JobEvent> parse_event(std::string_view text) {
  const auto number = number_at<unsigned>(text.substr(0, 3));
  if (!number || text.substr(3, 2) != " (") return std::nullopt;
  const auto* const kind = std::ranges::find(known, *number, [](JobEventKind it) { return static_cast<unsigned>(it); });
  const auto process = number_at<std::uint32_t>(behind(text.substr(5), "."));
  if (kind == known.end() || !process) return std::nullopt;
  JobEvent out{*kind, *process, {}, {}, std::string(text)};
  if (*kind == JobEventKind::executing) {
    const std::string_view address = behind(text, "host: <");
    out.host = address.substr(0, address.find(':'));
  }
  if (*kind == JobEventKind::terminated) out.return_value = number_at<int>(behind(text, "(return value "));
  return out;
}

}  // namespace

std::vector<JobEvent> parse_job_log(std::string_view log) {
  std::vector<JobEvent> out;
  while (true) {
    const auto end = log.find(event_end);
    if (end == std::string_view::npos) return out;
    if (auto event = parse_event(log.substr(0, end))) out.push_back(*std::move(event));
    log.remove_prefix(end + event_end.size());
  }
}

JobCounts count_events(const std::vector<JobEvent>& events) {
  JobCounts out;
  std::set<std::string_view> hosts;
  for (const JobEvent& event : events) {
    switch (event.kind) {
      case JobEventKind::executing:
        ++out.executing;
        hosts.insert(event.host);
        break;
      case JobEventKind::evicted: ++out.evicted; break;
      case JobEventKind::terminated: ++(event.return_value == 0 ? out.succeeded : out.failed); break;
      case JobEventKind::aborted:
      case JobEventKind::held: ++out.failed; break;
      case JobEventKind::disconnected: ++out.disconnected; break;
      case JobEventKind::reconnected: ++out.reconnected; break;
      case JobEventKind::reconnect_failed: ++out.reconnect_failed; break;
      case JobEventKind::submitted:
      case JobEventKind::transfer: break;
    }
  }
  out.hosts = hosts.size();
  return out;
}

}  // namespace ipop::validation
