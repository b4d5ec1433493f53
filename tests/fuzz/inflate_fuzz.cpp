#include <algorithm>
#include <cstdlib>

#include "crypto/deflate.hpp"

using namespace ipop;

namespace {

constexpr std::size_t limit = 1024;

}  // namespace

// The first octet says how much of the rest is the base. A stream that is read gives octets within the limit, and those
// survive packing against the same base.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  if (input.empty()) return 0;
  const ByteSpan rest = input.subspan(1);
  const std::size_t cut = std::min<std::size_t>(std::to_integer<std::size_t>(input[0]) * 2, rest.size());
  const ByteSpan base = rest.first(cut);
  const auto octets = crypto::inflate(rest.subspan(cut), base, limit);
  if (!octets) return 0;
  if (octets->size() > limit) std::abort();
  const auto again = crypto::inflate(crypto::deflate(*octets, base), base, octets->size());
  if (!again || *again != *octets) std::abort();
  return 0;
}
