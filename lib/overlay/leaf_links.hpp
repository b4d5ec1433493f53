#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/rng.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"

namespace ipop::overlay {

/// Chooses which bootstrap and known endpoints to try, and when.
///
/// A node that is not joined tries several at once, each again with back-off, forever. A joined
/// node tries one now and then, so that two rings that can see each other become one.
class LeafLinks {
 public:
  static constexpr std::size_t max_endpoints = 256;
  static constexpr unsigned at_once = 4;
  static constexpr Duration slow_after = 2s;  ///< an unanswered attempt makes room for another one
  static constexpr Duration retry_first = 1s;
  static constexpr Duration retry_longest = 30s;
  static constexpr Duration probe_every = 45s;  ///< +- a third
  /// In larger rings only some nodes probe at a time: the ring needs one bridge, and a bootstrap
  /// node should not shake hands with a thousand members a minute.
  static constexpr double probes_per_round = 16.0;

  /// Replaces the list; what is known of endpoints that stay is kept. Bootstrap endpoints are tried
  /// before known peers, each group in random order.
  void set_endpoints(std::vector<net::Endpoint> bootstrap, std::vector<net::Endpoint> known, Rng& rng);

  /// Endpoints to try now because the node has too few links; they count as being tried.
  /// `usable(endpoint)`: allowed and not linked already.
  std::vector<net::Endpoint> take_due(TimePoint now, const std::function<bool(const net::Endpoint&)>& usable);
  /// One to probe for another ring, when the time has come.
  std::optional<net::Endpoint> take_probe(TimePoint now, std::size_t ring_size,
                                          const std::function<bool(const net::Endpoint&)>& usable, Rng& rng);
  void handle_opened(const net::Endpoint& endpoint);
  void handle_failed(TimePoint now, const net::Endpoint& endpoint, Rng& rng);
  /// The endpoint leads to this node itself.
  void handle_own(const net::Endpoint& endpoint);
  /// The network changed, or the node was cut off: everything may be tried again at once.
  void reset(TimePoint now);
  void start_probing(TimePoint now, Rng& rng);

  /// When take_due may have something new to say; `hungry`: the node has too few links.
  [[nodiscard]] std::optional<TimePoint> deadline(TimePoint now, bool hungry) const;
  [[nodiscard]] bool contains(const net::Endpoint& endpoint) const;

 private:
  struct Entry {
    net::Endpoint endpoint{};
    Duration delay = retry_first;
    TimePoint not_before{};
    std::optional<TimePoint> trying_since{};
    bool is_own = false;
  };
  Entry* find(const net::Endpoint& endpoint);
  [[nodiscard]] unsigned fresh_attempts(TimePoint now) const;

  std::vector<Entry> entries_;
  std::optional<TimePoint> next_probe_;
};

}  // namespace ipop::overlay
