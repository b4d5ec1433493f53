#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"

namespace ipop::crypto {

/// Salt, then the counter (RFC 4106, section 4, with the counter as IV as in RFC 8750).
inline std::array<std::byte, 12> make_nonce(const std::array<std::byte, 4>& salt, std::uint64_t counter) {
  std::array<std::byte, 12> nonce{};
  std::copy(salt.begin(), salt.end(), nonce.begin());
  for (std::size_t i = 0; i < 8; ++i)
    nonce[4 + i] = static_cast<std::byte>((counter >> (56U - 8U * i)) & 0xffU);
  return nonce;
}

}  // namespace ipop::crypto
