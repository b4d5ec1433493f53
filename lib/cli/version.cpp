#include "cli/version.hpp"

#include "version_number.hpp"

namespace ipop::cli {

std::string version_line(std::string_view tool) {
  return std::string(tool) + " " + version_number;
}

}  // namespace ipop::cli
