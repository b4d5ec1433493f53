#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "updates/journal.hpp"

namespace ipop::updates {

/// An update that has ended.
struct Ended {
  WallTime begun{};  ///< as in its journal
  WallTime ended{};
  bool content = false;  ///< false: the machine went back
  Change change{};
  std::string reason{};  ///< why it went back; empty: it did not
  friend bool operator==(const Ended&, const Ended&) = default;
};

/// Those that have ended, the oldest first: the text `update/history` of a store.
using History = std::vector<Ended>;
constexpr std::size_t longest_history = 100;

std::string to_string(const History& history);
/// Errors (malformed, unsupported): one line with `file`, line number, what is wrong.
Result<History> parse_history(std::string_view text, std::string_view file);

/// The history with the update of this journal, which is content or restored, as its last. One that is its last already
/// changes nothing, so that the step can be repeated. The oldest goes where there would be more than longest_history.
History with_ended(const History& history, const Journal& journal, WallTime now);

/// The update to this release that the machine went back from; null: none, or a later one to it was content. Packages
/// are known by their versions alone.
const Ended* find_failure(const History& history, const Change& change);

}  // namespace ipop::updates
