#include "validation/verdicts.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "validation/validation_jobs.hpp"

namespace ipop::validation {
namespace {

using Kind = TestOutcome::Kind;

std::string plural(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// Where the beginnings of a counting job's output were.
std::vector<int> beginnings(std::string_view output) {
  constexpr std::string_view mark = "begins behind step ";
  std::vector<int> out;
  for (auto at = output.find(mark); at != std::string_view::npos; at = output.find(mark, at + 1)) {
    int value = 0;
    const char* first = output.data() + at + mark.size();
    std::from_chars(first, output.data() + output.size(), value);
    out.push_back(value);
  }
  return out;
}

}  // namespace

TestOutcome failed(const Error& error) {
  return {Kind::failed, error.context.empty() ? error.message() : error.context};
}

TestOutcome judge_broken(const std::vector<JobEvent>& events) {
  for (const JobEvent& event : events) {
    if (event.kind == JobEventKind::held || event.kind == JobEventKind::aborted) {
      const auto reason = event.text.find("\n\t");
      if (reason == std::string::npos) return {Kind::failed, "held"};
      return {Kind::failed, "held: " + first_line(std::string_view(event.text).substr(reason + 2))};
    }
    if (event.kind == JobEventKind::terminated && event.return_value != 0)
      return {Kind::failed, "a job ended with an error"};
  }
  return {Kind::failed, "a job failed"};
}

TestOutcome judge_many(const JobCounts& counts) {
  return {Kind::passed, plural(counts.succeeded, "job") + " on " + plural(counts.hosts, "worker")};
}

TestOutcome judge_diamond(std::string_view result) {
  if (first_line(result) != diamond_result) return {Kind::failed, "the last job of the diamond got wrong input"};
  return {Kind::passed, "A, then B and C, then D with what they made"};
}

TestOutcome judge_checkpoint(const JobCounts& counts, std::string_view output) {
  if (counts.evicted == 0) return {Kind::failed, "the job was not evicted"};
  const std::vector<int> starts = beginnings(output);
  const auto last = std::ranges::max(starts.empty() ? std::vector<int>{0} : starts);
  if (output.find("ends at step 10") == std::string_view::npos || last < 3 || starts.front() != 0)
    return {Kind::failed, "the job did not continue from its checkpoint"};
  return {Kind::passed, "evicted, then continued to step 10"};
}

TestOutcome judge_absence(const JobCounts& counts, std::chrono::seconds away) {
  if (counts.executing != 1 || counts.evicted > 0) return {Kind::failed, "the job was lost and started again"};
  return {Kind::passed, "away for " + std::to_string(away.count()) + " s; the job ran through"};
}

TestOutcome judge_flock(std::size_t cores, const std::string& host) {
  return {Kind::passed, "home has " + plural(cores, "core") + "; a job ran at " + host};
}

bool has_checkpoint(const std::vector<JobEvent>& events) {
  return std::ranges::any_of(events, [](const JobEvent& event) {
    return event.kind == JobEventKind::transfer && event.text.find("Finished transferring output") != std::string::npos;
  });
}

std::string host_abroad(const std::vector<JobEvent>& events, const std::set<std::string>& home) {
  std::string out;
  for (const JobEvent& event : events)
    if (event.kind == JobEventKind::executing && !home.contains(event.host)) out = event.host;
  return out;
}

std::set<std::string> hosts_of(const std::vector<std::string>& addresses) {
  std::set<std::string> out;
  for (std::string address : addresses) {
    address.erase(0, std::min(address.find_first_not_of('<'), address.size()));
    out.insert(address.substr(0, address.find(':')));
  }
  return out;
}

std::size_t sum_of(const std::vector<std::string>& numbers) {
  std::size_t out = 0;
  for (const std::string& text : numbers) {
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    out += value;
  }
  return out;
}

std::string submitted_cluster(std::string_view output) {
  while (!output.empty()) {
    const std::string_view line = output.substr(0, output.find('\n'));
    const auto dot = line.find('.');
    const bool is_range = line.find(" - ") != std::string_view::npos && dot != std::string_view::npos && dot > 0 &&
                          line.find_first_not_of("0123456789") == dot;
    if (is_range) return std::string(line.substr(0, dot));
    output.remove_prefix(std::min(line.size() + 1, output.size()));
  }
  return {};
}

std::string submitted_dag(std::string_view output) {
  const auto words = words_in(std::string(output));
  const auto cluster = std::ranges::find(words, "cluster");
  if (cluster == words.end() || cluster + 1 == words.end()) return {};
  return (cluster + 1)->substr(0, (cluster + 1)->find('.'));
}

bool is_host_name(std::string_view text) {
  return text.size() <= 255 && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
         });
}

std::vector<std::string> words_in(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;)
    out.push_back(word);
  return out;
}

std::string first_line(std::string_view output) {
  while (output.starts_with('\n'))
    output.remove_prefix(1);
  return std::string(output.substr(0, output.find('\n')));
}

}  // namespace ipop::validation
