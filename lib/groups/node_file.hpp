#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ipop::groups {

/// The interface of a node whose settings name none.
inline constexpr const char* usual_interface = "ipop0";

/// What others on a machine need to know of the settings of a node there.
struct NodeFile {
  std::optional<std::string> tap{};  ///< nothing: the usual one
  bool has_tap = true;
  std::optional<std::uint16_t> port{};
  bool has_first = false;         ///< whether it may be the group's first node is said, one way or the other
  bool has_register_dns = false;  ///< whether the machine's resolver is told of its names is said
};

/// Of the text of /etc/ipop/node/GROUP.toml; the node itself checks the rest of it. Errors: one line with
/// file and line.
Result<NodeFile> parse_node_file(std::string_view text, std::string_view file);

}  // namespace ipop::groups
