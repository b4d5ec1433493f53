#pragma once

#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ipop::fleet {

/// A Debian package as a file, by its name: NAME_VERSION_ARCHITECTURE.deb.
struct PackageFile {
  std::string path{};
  std::string name{};
  std::string version{};
  std::string architecture{};  ///< `all`: for each

  [[nodiscard]] std::string file() const { return path.substr(path.rfind('/') + 1); }
  friend bool operator==(const PackageFile&, const PackageFile&) = default;
};
/// Error: malformed, when it is called otherwise than packages are.
Result<PackageFile> parse_package_file(std::string_view path);

/// The release of Debian that it was built for, as the number behind `+deb` in its version; empty: it does not say.
std::string release_of(const PackageFile& package);

/// Order of two versions, as dpkg(1) has it (deb-version(7)).
std::strong_ordering compare_versions(std::string_view a, std::string_view b);

/// The newest package of this name for a release (`12`) and an architecture; none: there is none.
std::optional<PackageFile> choose_package(std::span<const PackageFile> packages, std::string_view name,
                                          std::string_view release, std::string_view architecture);

}  // namespace ipop::fleet
