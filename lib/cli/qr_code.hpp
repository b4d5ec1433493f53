#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/streams.hpp"

namespace ipop::cli {

/// `text` as a QR code for a terminal: two modules a character, one above the other, with the quiet border that a
/// camera needs. Light modules are drawn, which is right where the background is dark; `color` sets white on black,
/// which is right everywhere. Upper case, digits and -+./:$%* take least room. None for what no code holds.
std::optional<std::string> qr_code(std::string_view text, bool color);

/// The code of a token on `out`, after an empty line: in capitals, which take less room and are taken as well. One line
/// on `err` where it does not fit.
void write_token_code(const Streams& streams, std::string_view tool, std::string token, ColorChoice color);

}  // namespace ipop::cli
