#include "medium/medium.hpp"

#include <cstdint>
#include <cstdlib>

#include "medium/first_boot.hpp"

using namespace ipop;
using namespace ipop::groups;
using namespace ipop::medium;
// Whatever a medium holds, it is refused in one line or means the same after writing and reading, and can be planned.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto medium = parse_medium(text, "medium");
  if (!medium) {
    const std::string& message = medium.error().context;
    if (!message.starts_with("medium:") || message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  const auto again = parse_medium(to_toml(*medium), "medium");
  if (!again || *again != *medium) std::abort();
  if (!plan_first_boot({{"medium", std::string(text)}}, "id", WallTime{})) std::abort();
  return 0;
}
