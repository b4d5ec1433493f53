#pragma once

// TOML as this project reads it. Includes toml++, so only .cpp files include it, and all of them that
// read TOML do, so that its inline functions are the same everywhere.

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// No exceptions: parse gives a result that holds the error with its line.
#define TOML_EXCEPTIONS 0
// Its assertions fail on hostile text ("[=", found by fuzzing 3.3.0) before the check behind them
// would report the error; without them that check does.
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "appliance/wording.hpp"
#include "base/nearest_name.hpp"
#include "base/result.hpp"

namespace ipop::appliance {

/// The error `file:line: what`.
inline Error error_at(std::string_view file, std::size_t line, std::string_view what) {
  return make_error(make_error_code(Errc::malformed),
                    std::string(file) + ":" + std::to_string(line) + ": " + std::string(what));
}

/// The table that `text` holds; `file` is for messages. Errors (malformed, one line, `file:line:`
/// first): not TOML, more than 1 MiB, a control character.
///
/// Characters outside ASCII are read as question marks: none of our values has them, comments may,
/// and the character tables of toml++ 3.3.0 reach an unreachable point on some (found by fuzzing).
inline Result<toml::table> parse_toml(std::string_view text, std::string_view file) {
  constexpr std::size_t largest = std::size_t{1} << 20U;
  if (text.size() > largest) return error_at(file, 1, "the file is longer than 1 MiB");
  std::string ascii(text);
  std::size_t line = 1;
  for (char& c : ascii) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '\n') ++line;
    if (octet == 0x7f || (octet < 0x20 && c != '\n' && c != '\r' && c != '\t'))
      return error_at(file, line, "a control character; the file has to be plain text");
    if (octet >= 0x80) c = '?';
  }
  toml::parse_result parsed = toml::parse(ascii);
  if (parsed) return std::move(parsed).table();
  const toml::parse_error& error = parsed.error();
  return error_at(file, std::max<std::size_t>(error.source().begin.line, 1), error.description());
}

/// Error (malformed, `file:line:` first): a key of `table` that is none of `known`, with the nearest one.
inline Result<void> check_keys(const toml::table& table, std::string_view file,
                               std::span<const std::string_view> known) {
  for (const auto& [key, node] : table) {
    if (std::ranges::find(known, key.str()) != known.end()) continue;
    const auto line = key.source().begin.line > 0 ? key.source().begin.line : node.source().begin.line;
    return error_at(file, std::max<std::size_t>(line, 1),
                    "unknown key " + in_quotes(key.str()) + nearest_hint(key.str(), known));
  }
  return {};
}

}  // namespace ipop::appliance
