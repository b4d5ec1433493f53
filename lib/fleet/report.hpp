#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "node/command.hpp"

namespace ipop::fleet {

/// A node of a host.
struct NodeReport {
  std::string group{};
  std::optional<node::StatusAnswer> status{};  ///< none: it does not answer
  std::string silent{};                        ///< why not, in the host's words
  bool is_replaced = false;                    ///< it runs a program that was replaced since
  [[nodiscard]] std::uint64_t counter(const std::string& name) const;
};

/// What a host has of the group that is installed.
struct GroupFilesReport {
  std::optional<std::string> config{};    ///< its group file
  std::optional<std::string> settings{};  ///< of its node
  bool has_certificate = false;
  bool is_enabled = false;  ///< its node starts when the host does
};

/// What a host says about itself. Nothing of it is trusted: texts are bounded, and made printable where they are shown.
struct Report {
  bool is_root = false;        ///< who logged in is root, or becomes it by sudo(8) without a password
  std::string system{};        ///< `debian 12`
  std::string codename{};      ///< `bookworm`
  std::string architecture{};  ///< as dpkg(1) calls it; empty: it has no dpkg
  std::map<std::string, std::string> packages{};  ///< of ours, with their versions
  std::string load{};                             ///< of the last minute
  std::uint64_t processors = 0;
  std::uint64_t memory = 0;            ///< KiB
  std::uint64_t available_memory = 0;  ///< KiB
  std::chrono::seconds uptime{};
  std::vector<NodeReport> nodes{};
  GroupFilesReport files{};        ///< where it was asked for
  std::string source{};            ///< where apt(8) has our packages from: a line of its list; likewise
  std::string key{};               ///< SHA-256 of the key that signs them, in hexadecimal; likewise
  std::vector<std::string> did{};  ///< what was changed
  std::string failed{};            ///< at which step a change failed, and why; empty: it did not

  [[nodiscard]] const NodeReport* find_node(std::string_view group) const;
};

constexpr std::size_t most_nodes = 64;

/// How much of what a host writes is read.
constexpr std::size_t largest_report = std::size_t{1} << 18U;

/// Reads the lines `@ga KEY VALUE` of what a host wrote, up to `@ga end`; other lines are those of its login shell, and
/// unknown keys those of a newer release. Error: malformed, when it does not come to its end.
Result<Report> parse_report(std::string_view text);

}  // namespace ipop::fleet
