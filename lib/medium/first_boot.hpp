#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "medium/medium.hpp"

namespace ipop::medium {

/// A text that was found where a medium may be.
struct FoundMedium {
  std::string place{};
  std::string text{};
};

/// A file of this machine; `path` is below its root.
struct FirstBootFile {
  std::string path{};
  std::string octets{};
  unsigned mode = 0644;
  friend bool operator==(const FirstBootFile&, const FirstBootFile&) = default;
};

/// What a machine does when it starts for the first time: it writes the files in this order, takes the name, and joins.
struct FirstBootPlan {
  std::string said{};  ///< for a person: whom it follows, and where it goes
  std::string host_name{};
  std::string token{};  ///< empty: the host's node serves this machine, which joins nothing
  std::string user{};
  std::string enrolment_file{};  ///< one of the files; empty: none
  std::vector<FirstBootFile> files{};
};

/// The plan by the one medium that was found; the same one found twice counts once. None at all: the demo group of the
/// LAN. `machine_id` makes the name of a machine that was given none.
///
/// Errors (malformed), one line each: a medium that is broken, empty or foreign, also beside a good one; two that
/// differ; a join token that has expired.
Result<FirstBootPlan> plan_first_boot(const std::vector<FoundMedium>& found, std::string_view machine_id, WallTime now);

}  // namespace ipop::medium
