#pragma once

// What `ga status` shows, from facts.

#include <string>
#include <utility>
#include <vector>

#include "health/findings.hpp"

namespace ipop::ga {

/// One group with what its facts mean.
struct GroupView {
  health::Facts facts{};
  std::vector<health::Finding> findings{};
  [[nodiscard]] bool is_wrong() const;
  [[nodiscard]] bool is_running() const { return facts.status.has_value(); }
};

GroupView view_of(health::Facts facts);

using Lines = std::vector<std::pair<std::string, std::string>>;
/// The screen of one group: a word and what belongs to it.
Lines screen_of(const GroupView& view);
/// The name of this machine in the group; empty: none yet.
std::string own_name(const health::Facts& facts);
/// "good", "wrong: ring", "off".
std::string verdict_of(const GroupView& view);
/// As it is shown: an estimate, this machine included.
std::size_t member_count(const health::Facts& facts);

}  // namespace ipop::ga
