#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "fleet/package_file.hpp"
#include "fleet/report.hpp"

namespace ipop::fleet {

/// A repository of our packages for apt(8).
struct Repository {
  std::string url{};
  std::string key{};  ///< octets of the key that signs it
};
/// http://, https:// or file:/, of visible ASCII, and without what a line of apt's list would take for something else.
/// Error: malformed.
Result<void> check_repository_url(std::string_view url);
/// Whether a key is text (RFC 9580, 6.2), which apt(8) wants to know by the name of its file.
bool is_armored_key(std::string_view key);

/// Where packages come from: files, a repository, or what apt(8) of the host knows already.
struct PackageSource {
  std::vector<PackageFile> files{};
  std::optional<Repository> repository{};
};

/// What is changed on a host; what is right already is left alone.
struct HostPlan {
  std::vector<PackageFile> files{};         ///< packages that are sent; none: apt(8) has them from elsewhere
  std::optional<std::string> source{};      ///< new line for apt's list
  std::optional<std::string> key{};         ///< and the key beside it
  std::optional<std::string> group_file{};  ///< new content
  std::optional<std::string> settings{};    ///< new content of the node's settings
  std::uint16_t port = 0;
  bool only_restarts = false;        ///< the packages are right, and a node runs the program of another one
  std::vector<std::string> steps{};  ///< each in words; none: nothing is changed
};

/// The package of the node.
constexpr const char* node_package = "ipop";

/// The release of a host's Debian (`12`).
std::string release_of(const Report& report);

/// What every plan begins with: whether something can be changed there, and the repository. Errors: not_authorized
/// (nobody is root there), unsupported (no Debian).
Result<HostPlan> begin_plan(const PackageSource& source, const Report& report);

}  // namespace ipop::fleet
