#include <cstdint>
#include <cstdlib>

#include "pool/condor_flock.hpp"
#include "pool/condor_manager.hpp"

using namespace ipop;
using namespace ipop::firewall;
using namespace ipop::pool;
// What other machines say of a pool: an announcement, or a flock file, has one form or is refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto announcement = parse_manager_announcement(text))
    if (to_string(*announcement) != text) std::abort();
  if (const auto pass = parse_flock_pass(text, "f")) {
    const auto again = parse_flock_pass(to_string(*pass), "f");
    if (!again || *again != *pass) std::abort();
  }
  return 0;
}
