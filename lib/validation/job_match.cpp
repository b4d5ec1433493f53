#include "validation/job_match.hpp"

#include <array>
#include <charconv>

namespace ipop::validation {
namespace {

/// The number before `words`, which stand behind it in the same line.
std::optional<std::size_t> number_before(std::string_view text, std::string_view words) {
  const auto at = text.find(words);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view before = text.substr(0, at);
  const auto last = before.find_last_not_of(' ');
  if (last == std::string_view::npos) return std::nullopt;
  before = before.substr(0, last + 1);
  const auto first = before.find_last_not_of("0123456789");
  before = before.substr(first == std::string_view::npos ? 0 : first + 1);
  std::size_t out = 0;
  const auto [end, error] = std::from_chars(before.data(), before.data() + before.size(), out);
  if (error != std::errc() || end != before.data() + before.size()) return std::nullopt;
  return out;
}

}  // namespace

std::optional<JobMatch> parse_job_match(std::string_view text) {
  const auto summary = text.find("Run analysis summary");
  if (summary == std::string_view::npos) return std::nullopt;
  text = text.substr(summary);
  const auto machines = number_before(text, "machines");
  const auto by_job = number_before(text, "are rejected by your job's requirements");
  const auto by_machine = number_before(text, "reject your job because of their own requirements");
  if (!machines || !by_job || !by_machine) return std::nullopt;
  JobMatch out{*machines, *by_job, *by_machine, 0};
  constexpr std::array<std::string_view, 3> good{"match and are already running your jobs",
                                                 "match but are serving other users", "are able to run your job"};
  for (const std::string_view words : good)
    out.possible += number_before(text, words).value_or(0);
  return out;
}

std::string describe_mismatch(const JobMatch& match) {
  if (match.possible > 0) return {};
  if (match.machines == 0) return "the pool has no machines";
  const std::string all = " of " + std::to_string(match.machines) + " slots ";
  std::string out = std::to_string(match.rejected_by_job) + all + "do not meet the job's requirements";
  if (match.rejected_by_machine > 0)
    out += ", " + std::to_string(match.rejected_by_machine) + all + "refuse it by their own (START)";
  return out;
}

}  // namespace ipop::validation
