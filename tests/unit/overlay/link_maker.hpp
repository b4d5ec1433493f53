#pragma once

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "overlay/link_table.hpp"
#include "overlay_host.hpp"

namespace ipop::overlay::test {

/// All that a machine has to say.
template <class M>
std::vector<typename M::Output> drained(M& machine) {
  std::vector<typename M::Output> out;
  while (auto output = machine.poll_output())
    out.push_back(*std::move(output));
  return out;
}

/// Those of one kind, in order.
template <class T, class Output>
std::vector<T> those(const std::vector<Output>& outputs) {
  std::vector<T> out;
  for (const Output& output : outputs) {
    if (const T* value = std::get_if<T>(&output)) out.push_back(*value);
  }
  return out;
}

/// Where the peer of channel `number` is, unless it says otherwise.
inline net::Endpoint place(std::uint8_t number) {
  return endpoint(192, 0, 2, number, 4000);
}

/// A path to `peer` on channel `number`; none of its data has come back yet.
inline Path path_on(std::uint8_t number, const std::optional<LinkCarrier>& carrier = std::nullopt) {
  Path path;
  path.channel = crypto::ChannelId{number};
  path.carrier = carrier.value_or(LinkCarrier(place(number)));
  return path;
}

/// A link to `peer` that is up on channel `number`.
inline Link& add_up(LinkTable& table, const NodeId& peer, std::uint8_t number,
                    const std::optional<LinkCarrier>& carrier = std::nullopt) {
  Link& link = table.add(peer);
  Path path = path_on(number, carrier);
  path.proof.handle_carried(TimePoint{}, PathProof::smallest);
  table.add_path(link, std::move(path));
  link.admitted = true;
  return link;
}

}  // namespace ipop::overlay::test
