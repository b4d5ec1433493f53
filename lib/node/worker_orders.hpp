#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "dataplane/worker.hpp"
#include "overlay/overlay.hpp"
#include "router/router.hpp"

namespace ipop::node {

// What the workers are told of what the node decided: what they may do by themselves for a moment, since the node has
// just done it.

[[nodiscard]] dataplane::Order order_of(const overlay::Overlay::LaneOpened& lane);
[[nodiscard]] dataplane::Order order_of(const overlay::Overlay::LaneClosed& lane);
[[nodiscard]] dataplane::Order order_of(const overlay::Overlay::MayPass& pass);

/// These packets went `way`; one flow for each pair of addresses. `mtu` is what the path carries, `full_mtu` that of
/// the TAP.
[[nodiscard]] std::vector<dataplane::InstallFlow> flows_of(TimePoint now, const overlay::Overlay::Way& way,
                                                           std::span<const Bytes> packets, std::uint16_t mtu,
                                                           std::uint16_t full_mtu);
/// `carries_all`: the path carries packets of the TAP's size.
[[nodiscard]] dataplane::InstallSource source_of(TimePoint now, const router::Router::Admitted& admitted,
                                                 bool carries_all);

}  // namespace ipop::node
