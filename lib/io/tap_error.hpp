#pragma once

#include <string>

#include "base/result.hpp"

namespace ipop::io {

/// Why a TAP interface can't be had, and what to do: `code` is the errno. `driver`: of opening the driver's file, not
/// of what was asked of it.
Error tap_error(const std::string& name, int code, bool driver);

}  // namespace ipop::io
