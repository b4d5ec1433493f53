#include "crypto/lane.hpp"

#include <array>

#include "crypto/key_context.hpp"

namespace ipop::crypto {

SessionKeys LaneSecret::keys(unsigned number) const {
  Bytes info = to_bytes(as_bytes("grid-appliance lane"));
  info.push_back(static_cast<std::byte>(number));
  std::array<std::byte, largest_key_block> room{};
  const auto block = std::span(room).first(key_block_size(suite));
  hkdf_expand(secret, info, block);
  const SessionKeys out = keys_from(block, role, suite);
  wipe(room);
  return out;
}

}  // namespace ipop::crypto
