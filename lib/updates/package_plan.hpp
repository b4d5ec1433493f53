#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ipop::updates {

/// A package that apt would install.
struct PackageStep {
  std::string name{};  ///< as apt writes it, with an architecture when that is not the machine's
  std::string from{};  ///< the version in use; empty: the package is new
  std::string to{};
  friend bool operator==(const PackageStep&, const PackageStep&) = default;
};
/// All that an upgrade would do, by name.
using PackagePlan = std::vector<PackageStep>;

/// From what `apt-get --simulate` prints. Errors: conflict (a package would be removed), malformed.
Result<PackagePlan> parse_simulation(std::string_view output);

/// Errors: expired (an older version would take the place of a newer one).
Result<void> check_no_downgrade(const PackagePlan& plan);

/// The text that `apply` leaves for the boot which upgrades: a line `NAME FROM TO` a package, FROM `-` for a new one.
std::string to_string(const PackagePlan& plan);
/// Errors (malformed, unsupported): one line with `file`, line number, what is wrong.
Result<PackagePlan> parse_plan(std::string_view text, std::string_view file);

/// A name for the versions to which a plan leads: the same versions have the same name.
std::string name_of_plan(const PackagePlan& plan);

/// What the packages need on the disk: as archives and unpacked; from what `apt-cache show` prints about each.
std::uint64_t octets_of_packages(std::string_view records);

}  // namespace ipop::updates
