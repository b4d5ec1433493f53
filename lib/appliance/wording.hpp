#pragma once

// What the errors of this layer have in common.

#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace ipop::appliance {

inline std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

/// The error of a value; whoever knows its file and line adds them.
inline Error malformed(std::string what) {
  return make_error(Errc::malformed, std::move(what));
}

}  // namespace ipop::appliance
