#pragma once

#include <cstdint>
#include <string_view>

namespace ipop::overlay {

/// What this node's NAT does with UDP, in the words of RFC 4787, section 4, as far as the endpoints
/// that peers report can tell.
enum class NatClass : std::uint8_t {
  unknown,               ///< fewer than two independent reports
  none,                  ///< peers see one of our own addresses
  endpoint_independent,  ///< one mapping for all destinations
  address_dependent,     ///< another mapping for each destination ("symmetric")
};
std::string_view to_string(NatClass nat);

}  // namespace ipop::overlay
