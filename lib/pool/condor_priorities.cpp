#include "pool/condor_priorities.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

namespace ipop::pool {
namespace {

// HTCondor's lowest, which is also a new user's.
constexpr double lowest_priority = 0.5;
// PRIORITY_HALFLIFE, as HTCondor has it.
constexpr std::chrono::seconds half_life = std::chrono::hours(24);
constexpr std::size_t longest_user = 256;
// Longer than any pool has; more is somebody's mistake.
constexpr std::size_t most_users = 10'000;

/// It becomes a word of a command.
bool is_user(std::string_view name) {
  const auto at = name.find('@');
  if (at == 0 || at == std::string_view::npos || name.size() > longest_user || name.starts_with('-')) return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._@+-").find(c) != std::string_view::npos;
  });
}

std::optional<double> not_negative(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) || value < 0) return {};
  return value;
}

std::optional<std::int64_t> time_in_column(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return {};
  return value;
}

std::optional<UserPriority> parse_user(std::string_view line) {
  std::array<std::string_view, priority_columns.size()> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto end = line.find('\t');
    if ((end == std::string_view::npos) != (i + 1 == words.size())) return {};
    words[i] = line.substr(0, end);
    line.remove_prefix(std::min(line.size(), words[i].size() + 1));
  }
  const auto priority = not_negative(words[1]);
  const auto factor = not_negative(words[2]);
  const auto usage = not_negative(words[3]);
  const auto first = time_in_column(words[4]);
  const auto last = time_in_column(words[5]);
  if (!is_user(words[0]) || !priority || !factor || *factor < 1 || !usage || !first || !last) return {};
  return UserPriority{
      std::string(words[0]), std::max(lowest_priority, *priority / *factor), *factor, *usage, *first, *last};
}

}  // namespace

std::vector<UserPriority> parse_user_priorities(std::string_view text) {
  std::vector<UserPriority> out;
  while (!text.empty() && out.size() < most_users) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (auto user = parse_user(line)) out.push_back(*std::move(user));
  }
  return out;
}

std::string to_text(const std::vector<UserPriority>& users) {
  std::string out;
  for (const UserPriority& it : users)
    out +=
        fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", it.user, it.real * it.factor, it.factor, it.usage, it.first, it.last);
  return out;
}

std::vector<UserPriority> after_rest(std::vector<UserPriority> users, std::chrono::seconds rest) {
  const double left =
      std::exp2(-static_cast<double>(std::max<std::int64_t>(0, rest.count())) / static_cast<double>(half_life.count()));
  for (UserPriority& it : users)
    it.real = std::max(lowest_priority, it.real * left);
  return users;
}

std::vector<std::vector<std::string>> commands_to_set(const UserPriority& user) {
  const auto command = [&](std::string what, std::string value) {
    return std::vector<std::string>{"condor_userprio", std::move(what), user.user, std::move(value)};
  };
  return {command("-setfactor", fmt::format("{:.6f}", user.factor)),
          command("-setprio", fmt::format("{:.6f}", user.real)),
          command("-setaccum", fmt::format("{:.3f}", user.usage)), command("-setbegin", std::to_string(user.first)),
          command("-setlast", std::to_string(user.last))};
}

}  // namespace ipop::pool
