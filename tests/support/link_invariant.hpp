#pragma once

#include <string>

#include "overlay/overlay.hpp"

namespace ipop::test_support {

/// What is wrong with the links of an Overlay or a Node, in words; empty when every link that is up goes over
/// a channel that exists and has carried data.
template <class Ring>
std::string broken_links(const Ring& ring) {
  for (const overlay::Connection& link : ring.connections()) {
    const std::string name = "the link to " + to_short_string(link.peer);
    if (!ring.link_statistics(link.peer)) return name + " is up without a channel";
    if (link.carries == 0) return name + " is up over a path that has carried nothing";
    if (link.is_direct() && link.endpoint == net::Endpoint{}) return name + " goes nowhere";
  }
  return {};
}

}  // namespace ipop::test_support
