#pragma once

#include <string>
#include <string_view>

namespace ipop::cli {

/// `ga-group 0.1.0`: what `--version` prints.
[[nodiscard]] std::string version_line(std::string_view tool);

}  // namespace ipop::cli
