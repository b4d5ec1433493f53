#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "groups/group_config.hpp"

namespace ipop::medium {

/// The first line of the text: whatever else cloud-init's and other media hold begins otherwise.
inline constexpr std::string_view medium_mark = "#grid-appliance";
/// The label of a FAT medium that `ga-group medium` makes, and the file on it.
inline constexpr std::string_view medium_label = "GA-MEDIUM";
inline constexpr std::string_view medium_file = "appliance.toml";
inline constexpr std::size_t largest_medium = 65'536;

/// What makes a started image a member of a group (TOML; man page ga-group(8)).
struct Medium {
  std::string token{};                  ///< join token of the group, as text
  std::vector<std::string> roles{};     ///< in the pool of HTCondor; empty: none
  std::string pool = "main";            ///< which of the group's pools
  std::string user{};                   ///< in the certificate of a closed group; empty: the machine's name
  std::string enrolment{};              ///< enrolment token of its authority, as text; empty: a person decides
  std::vector<std::string> ssh_keys{};  ///< of the administrator, as in ~/.ssh/authorized_keys
  std::string host_name{};              ///< empty: one made of the machine's id
  bool host_node = false;               ///< no node here: that of the host serves the interface; no token then
  friend bool operator==(const Medium&, const Medium&) = default;
};

/// A name for a machine: 1 to 32 of a-z 0-9 -, with a letter or digit at both ends. Error: malformed.
Result<void> check_host_name(std::string_view name);
/// One line of ~/.ssh/authorized_keys without options: type, key, and a comment that may be missing. Error: malformed.
Result<void> check_ssh_key(std::string_view line);

/// The two lines of a role file (ga-condorcfg.toml(5)).
std::string pool_text(const std::vector<std::string>& roles, std::string_view pool);

/// `file` is for messages only; every error (malformed) is one line: file, line, what is wrong, what would be right.
Result<Medium> parse_medium(std::string_view text, std::string_view file);
/// The file, with a comment on each key; what parse_medium reads back as the same value.
std::string to_toml(const Medium& medium);

/// The open group of those who were started without a medium: they find one another on one LAN.
groups::GroupConfig demo_group();

}  // namespace ipop::medium
