#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "updates/package_plan.hpp"

namespace ipop::ga_update {

/// The machine's apt, told to take nothing that is not signed, to set nothing back and to ask nothing. What it
/// downloads goes to the folder `archives`. Errors are apt's own words in one line, timed_out, errno.
class Apt {
 public:
  explicit Apt(std::string archives) : archives_(std::move(archives)) {}

  /// Reads the lists of all repositories.
  [[nodiscard]] Result<void> refresh() const;
  /// What an upgrade would do now. Errors: those of parse_simulation.
  [[nodiscard]] Result<updates::PackagePlan> plan() const;
  /// What the packages need on the disk.
  [[nodiscard]] static Result<std::uint64_t> octets(const updates::PackagePlan& plan);
  [[nodiscard]] Result<void> download() const;
  /// Upgrades, with what was downloaded and nothing else.
  [[nodiscard]] Result<void> upgrade() const;

 private:
  std::string archives_;
};

/// Looks at the files that name apt's repositories. Errors: those of check_sources, errno.
Result<void> check_sources_of_machine();
/// Looks at what the repositories say they are; their lists must have been read. Errors: those of check_releases.
Result<void> check_releases_of_machine();

}  // namespace ipop::ga_update
