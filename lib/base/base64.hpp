#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace ipop {

/// RFC 4648 section 4, with padding, in one line.
std::string to_base64(ByteSpan octets);
/// White space (space, tab, CR, LF) may stand anywhere. Errors (nullopt): another character, padding
/// that is missing or too much, bits left over that are not zero.
std::optional<Bytes> parse_base64(std::string_view text);

}  // namespace ipop
