#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ipop::layers {

/// Octets of any name as one word of visible ASCII: `\` and what is no visible ASCII become `\xNN`. Each name has one
/// such form.
std::string escape_octets(std::string_view octets);
/// The octets again; none when `word` is not what escape_octets makes.
std::optional<std::string> unescape_octets(std::string_view word);

/// `a/b` of `a/b/c`; empty for a name without a slash.
std::string_view parent_of(std::string_view path);
/// True for `a/b` and `a/b/c` below `a`; nothing is below itself.
bool is_below(std::string_view path, std::string_view directory);

}  // namespace ipop::layers
