#pragma once

#include "base/time.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::router {

/// The address that this node holds, as its keeper published it: who needs to know has it as this value.
struct Lease {
  net::Ipv4Address address{};
  WallTime expires{};
  TimePoint ends{};  ///< the same on the monotonic clock
  TimePoint renew_at{};
};

}  // namespace ipop::router
