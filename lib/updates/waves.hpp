#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ipop::updates {

/// A machine's place among all those that are updated.
struct Wave {
  std::size_t number = 0;  ///< from 0
  std::size_t count = 1;
  friend bool operator==(const Wave&, const Wave&) = default;
};

/// How many of `machines` may be away at a time: `percent` of them, and one at least.
std::size_t most_away(std::size_t machines, unsigned percent);

/// In which wave a machine goes. Every machine computes the same waves from the same names (in any order, a name counts
/// once, capitals count as small letters), and none has more than most_away() machines. `release`, such as `debian-4`,
/// shuffles them, so that it is not the same machines that go first each time. Errors: not_found (`mine` is not among
/// the names).
Result<Wave> wave_of(const std::vector<std::string>& names, std::string_view mine, unsigned percent,
                     std::string_view release);

/// Whether one more may leave: those of `names` that are not in `present`, and this one, are no more than most_away().
bool may_leave(const std::vector<std::string>& names, const std::vector<std::string>& present, std::string_view mine,
               unsigned percent);

}  // namespace ipop::updates
