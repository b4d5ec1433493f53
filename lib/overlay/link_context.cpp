#include "overlay/link_context.hpp"

#include <string_view>

#include "crypto/hash.hpp"

namespace ipop::overlay {

Bytes link_context(ByteSpan name_space) {
  Bytes text = to_bytes(as_bytes(std::string_view("ipop link 2\n")));
  append(text, name_space);
  const crypto::Digest256 digest = crypto::sha256(text);
  return {digest.begin(), digest.end()};
}

}  // namespace ipop::overlay
