#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace ipop::pool {

/// What a pool's manager knows of a user: whose jobs come first follows from it.
struct UserPriority {
  std::string user{};            ///< "erin@lab"
  double real = 0.5;             ///< grows with what the user's jobs take, and halves in a day without any
  double factor = 1000;          ///< by which an administrator makes the user wait more or less than others
  double usage = 0;              ///< seconds of slots, weighted
  std::int64_t first{}, last{};  ///< when there was usage, seconds since 1970
  friend bool operator==(const UserPriority&, const UserPriority&) = default;
};

/// The columns in which condor_userprio(1) prints them, and the copy on this machine has them; `Priority` there is the
/// real one times the factor.
inline constexpr std::array<std::string_view, 6> priority_columns{
    "Name", "Priority", "PriorityFactor", "WeightedAccumulatedUsage", "BeginUsageTime", "LastUsageTime"};

/// A line each, with tabs between the columns. Other lines, and what is no user, are left out.
std::vector<UserPriority> parse_user_priorities(std::string_view text);
std::string to_text(const std::vector<UserPriority>& users);

/// The same after a time in which no job ran.
std::vector<UserPriority> after_rest(std::vector<UserPriority> users, std::chrono::seconds rest);

/// The commands that tell the manager of this machine all that.
std::vector<std::vector<std::string>> commands_to_set(const UserPriority& user);

}  // namespace ipop::pool
