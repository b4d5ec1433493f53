#include <cstdint>
#include <cstdlib>

#include "base/base32.hpp"
#include "crypto/hash.hpp"
#include "groups/group_config.hpp"

using namespace ipop;
using namespace ipop::groups;

namespace {

void check(std::string_view text) {
  const auto token = parse_join_token(text);
  if (!token) return;
  const auto again = parse_join_token(to_string(*token));
  if (!again || again->group != token->group || again->expires != token->expires) std::abort();
}

}  // namespace

// The input as a token's text, then as its octets under a good checksum, which chance would not find.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  Bytes octets = to_bytes(as_bytes(text));
  const auto digest = crypto::sha256(octets);
  append(octets, ByteSpan(digest).first(4));
  check("ga1-" + to_base32(octets));
  return 0;
}
