// Input: a policy file. What is read is written and read back as the same value.

#include "authority/authority_policy.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace ipop::authority;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(octets), size);
  static_cast<void>(check_user(text));
  const auto policy = parse_authority_policy(text, "policy.toml");
  if (!policy) {
    if (policy.error().message().find('\n') != std::string::npos) std::abort();
    return 0;
  }
  const auto again = parse_authority_policy(to_toml(*policy), "policy.toml");
  if (!again || *again != *policy) std::abort();
  return 0;
}
