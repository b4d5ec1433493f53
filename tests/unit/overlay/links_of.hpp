#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "link_maker.hpp"
#include "overlay/links.hpp"

namespace ipop::overlay::test {

inline constexpr std::uint64_t own_instance = 77;

inline crypto::ChannelId on(std::uint8_t channel) {
  return crypto::ChannelId{channel};
}

/// The links of the node 100, whose peers open paths to it.
struct LinksOf {
  explicit LinksOf(std::size_t most = 100)
      : links({.self = id_at(100), .most_links = most, .mtu = 1400, .on_demand_idle = 60s, .keep_alive = 15s}, rng) {}

  /// A path to the peer on that channel, without proof; what comes of it is dropped.
  Link& open(std::uint8_t peer, std::uint8_t channel, const std::optional<LinkCarrier>& carrier = std::nullopt,
             bool is_bootstrap = false) {
    const crypto::ChannelTable::Opened opened{.id = on(channel), .peer = id_at(peer)};
    if (links.add_path(now, opened, carrier.value_or(LinkCarrier(place(channel))), is_bootstrap, own_instance))
      links.admit(now, id_at(peer));
    drained(links);
    return *links.table().find(id_at(peer));
  }
  /// The same, and data has come back.
  Link& open_proven(std::uint8_t peer, std::uint8_t channel, const std::optional<LinkCarrier>& carrier = std::nullopt) {
    Link& link = open(peer, channel, carrier);
    prove(peer, channel);
    return link;
  }
  std::vector<Links::Output> prove(std::uint8_t peer, std::uint8_t channel) {
    links.table().find(id_at(peer))->paths.find(on(channel))->proof.handle_carried(now, PathProof::smallest);
    links.handle_proven(now, id_at(peer), on(channel));
    return drained(links);
  }
  template <class Message>
  std::vector<Links::Output> hear(std::uint8_t channel, Message message) {
    links.handle_message(now, *links.table().find(on(channel)), on(channel), std::move(message));
    return drained(links);
  }
  std::vector<Links::Output> wait(std::uint8_t peer, Duration time) {
    now += time;
    links.handle_timeout(now, id_at(peer));
    return drained(links);
  }
  [[nodiscard]] bool has(std::uint8_t peer) const { return links.table().find(id_at(peer)) != nullptr; }

  TimePoint now = TimePoint{} + 1h;
  SeededRng rng{1};
  Links links;
};

}  // namespace ipop::overlay::test
