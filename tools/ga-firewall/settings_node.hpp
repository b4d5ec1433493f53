#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ipop::ga_firewall {

/// What the rules need to know of the settings of a node.
struct NodeFile {
  std::optional<std::string> tap{};
  bool has_tap = true;
  std::optional<std::uint16_t> port{};
};

/// Of the text of /etc/ipop/node/GROUP.toml; the node itself checks the rest of it. Errors: one line with
/// file and line.
Result<NodeFile> parse_node_file(std::string_view text, std::string_view file);

}  // namespace ipop::ga_firewall
