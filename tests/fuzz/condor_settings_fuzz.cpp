#include "pool/condor_settings.hpp"

#include <cstdint>
#include <cstdlib>

using namespace ipop;
using namespace ipop::firewall;
using namespace ipop::pool;
// Whatever a role file holds, it is refused in one line or means the same after writing and reading.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto settings = parse_condor_settings(text, "pool.toml");
  if (!settings) {
    const std::string& message = settings.error().context;
    if (!message.starts_with("pool.toml:") || message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  const auto again = parse_condor_settings(to_toml(*settings), "pool.toml");
  if (!again || *again != *settings) std::abort();
  return 0;
}
