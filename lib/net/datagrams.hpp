#pragma once

#include <cstddef>
#include <span>

#include "net/endpoint.hpp"

namespace ipop::net {

/// Datagrams behind one another, all of `segment` octets but the last, which may be shorter: what UDP_GRO joins and
/// UDP_SEGMENT cuts. They came from `other`, or go there.
struct Datagrams {
  Endpoint other{};
  std::span<std::byte> octets{};
  std::size_t segment = 0;
};

}  // namespace ipop::net
