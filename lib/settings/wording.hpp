#pragma once

// What the errors of this layer have in common.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace ipop::settings {

inline std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

/// The error (malformed) `file:line: what`.
inline Error error_at(std::string_view file, std::size_t line, std::string_view what) {
  return make_error(Errc::malformed, std::string(file) + ":" + std::to_string(line) + ": " + std::string(what));
}

/// The error of a value; whoever knows its file and line adds them.
inline Error malformed(std::string what) {
  return make_error(Errc::malformed, std::move(what));
}

}  // namespace ipop::settings
