#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ipop::cli {

/// Foreign text made safe for a terminal and a table: well-formed UTF-8 stays as it is; control
/// characters (C0, DEL, C1), line and paragraph separators, zero-width and direction characters and
/// octets that are not UTF-8 become `\xNN`, octet by octet.
[[nodiscard]] std::string printable(std::string_view text);

/// A message in which nothing that was refused is repeated at length: what stands in double quotes is cut to 60 octets,
/// what has no blank to 200, all of it to 2,000; `...` stands for the rest. Cuts no code point of UTF-8 in two.
[[nodiscard]] std::string shortened(std::string_view message);

/// Columns that well-formed UTF-8 takes on a terminal: combining marks none, East Asian wide
/// characters and pictographs two, everything else one.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// One code point of UTF-8 at the start of `text`; `length` 0 means not well-formed (RFC 3629:
/// overlong forms and surrogates are not) or empty.
struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;
};
[[nodiscard]] CodePoint first_code_point(std::string_view text);

}  // namespace ipop::cli
