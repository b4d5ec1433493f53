#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace ipop {

/// RFC 4648 section 6 in lower case and without padding.
std::string to_base32(ByteSpan octets);
/// Accepts either case; errors (nullopt): another character, a length that no octets give, or
/// bits left over that are not zero.
std::optional<Bytes> parse_base32(std::string_view text);

}  // namespace ipop
