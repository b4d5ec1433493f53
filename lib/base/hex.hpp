#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace ipop {

/// Lower-case hexadecimal, two digits an octet.
std::string to_hex(ByteSpan octets);
/// Octets of an even number of hexadecimal digits of either case; nothing else is allowed.
std::optional<Bytes> parse_hex(std::string_view text);

}  // namespace ipop
