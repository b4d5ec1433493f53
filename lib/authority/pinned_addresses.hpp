#pragma once

#include <string>
#include <vector>

#include "crypto/certificate.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::authority {

/// The addresses that a certificate or request names, in its order, and back.
std::vector<net::Ipv4Address> addresses_of(const std::vector<crypto::PinnedAddress>& pinned);
std::vector<crypto::PinnedAddress> pinned_of(const std::vector<net::Ipv4Address>& addresses);
/// With a comma between them; empty: there are none.
std::string to_text(const std::vector<net::Ipv4Address>& addresses);

}  // namespace ipop::authority
