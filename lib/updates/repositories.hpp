#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ipop::updates {

/// A repository that apt reads.
struct Repository {
  std::string entry{};     ///< the line that names it: `/etc/apt/sources.list:1`
  std::string codename{};  ///< the release that it says it is for; empty: it says none
  std::string site{};
};

/// What `apt-get indextargets` is asked for, and its answer, which has a line a repository and architecture.
inline constexpr std::string_view indextargets_format = "$(SOURCESENTRY)\t$(CODENAME)\t$(SITE)";
/// Errors: malformed.
Result<std::vector<Repository>> parse_indextargets(std::string_view output);

/// All must be of the machine's release: `trixie`, or `trixie-security` and the like. Errors: not_found (there is
/// none), not_authorized (of another release, or of none: they would be mixed).
Result<void> check_releases(const std::vector<Repository>& repositories, std::string_view release);

/// A file of apt's that names repositories, in its one-line form or, where the name ends in `.sources`, as paragraphs.
/// Errors: not_authorized with file and line: an option there lets apt take what nobody has signed.
Result<void> check_sources(std::string_view text, std::string_view file);

}  // namespace ipop::updates
