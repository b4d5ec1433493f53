#pragma once

#include <string>

#include "overlay/overlay.hpp"

namespace ipop::test_support {

/// What is wrong with the links of an Overlay or a Node, in words; empty when every link that is up goes over
/// a channel that exists and has carried data.
template <class Ring>
std::string broken_links(const Ring& ring) {
  for (const overlay::Connection& link : ring.connections()) {
    const char* wrong = !ring.link_statistics(link.peer) ? " is up without a channel"
                        : link.carries == 0              ? " is up over a path that has carried nothing"
                        : link.is_direct() && link.endpoint == net::Endpoint{} ? " goes nowhere"
                                                                               : nullptr;
    if (wrong != nullptr) return "the link to " + to_short_string(link.peer) + wrong;
  }
  return {};
}

}  // namespace ipop::test_support
