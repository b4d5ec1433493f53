#include "groups/group_config.hpp"

#include <cstdint>
#include <cstdlib>

using namespace ipop;
using namespace ipop::groups;
// Whatever a group file holds, it is refused in one line or means the same after writing and reading.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_group_config(text, "group.toml");
  if (!config) {
    if (!config.error().message().starts_with("group.toml:")) std::abort();
    return 0;
  }
  const auto again = parse_group_config(to_toml(*config), "group.toml");
  if (!again || *again != *config) std::abort();
  return 0;
}
