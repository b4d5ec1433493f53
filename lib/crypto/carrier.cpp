#include "crypto/carrier.hpp"

#include <algorithm>
#include <cassert>

namespace ipop::crypto {

Carrier::Carrier(Transport transport, ByteSpan octets, Prefixes prefixes)
    : size_(static_cast<std::uint8_t>(octets.size())),
      source_(static_cast<std::uint8_t>(std::min(prefixes.source, octets.size()))),
      network_(static_cast<std::uint8_t>(std::min(prefixes.network, octets.size()))),
      transport_(transport) {
  assert(octets.size() <= capacity && network_ <= source_);
  std::ranges::copy(octets, octets_.begin());
}

Carrier Carrier::first(std::size_t count) const {
  return Carrier(transport_, octets().first(count), {count, std::min<std::size_t>(count, network_)});
}

}  // namespace ipop::crypto
