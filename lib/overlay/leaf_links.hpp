#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/rng.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"
#include "overlay/back_off.hpp"

namespace ipop::overlay {

/// Chooses which bootstrap and known endpoints to try, and when.
///
/// A node that is not joined tries as many at once as it lacks, others beside those that do not answer soon (as RFC
/// 8305 does with addresses), each again with back-off, forever. A joined node tries one now and then, so that two
/// rings that can see each other become one.
class LeafLinks {
 public:
  static constexpr std::size_t max_endpoints = 256;
  static constexpr unsigned at_once = 4;
  static constexpr Duration late_after = 500ms;  ///< an unanswered attempt has another one beside it: two round trips
  static constexpr Duration slow_after = 2s;     ///< an unanswered attempt makes room for another one
  /// Of an endpoint that does not answer: the network may be there again.
  static constexpr BackOff::Pace silent{.first = 1s, .longest = 30s, .stands = 10s};
  /// Of one that answers and refuses: it knows why, and goes on knowing.
  static constexpr BackOff::Pace refusing{.first = 1s, .longest = 300s, .stands = 10s};
  /// Of all endpoints together while they refuse: a node whose certificate has ended knows many.
  static constexpr BackOff::Pace refused_by_all{.first = 500ms, .longest = 60s, .stands = 10s};
  static constexpr Duration probe_every = 45s;  ///< +- a third
  /// In larger rings only some nodes probe at a time: the ring needs one bridge, and a bootstrap
  /// node should not shake hands with a thousand members a minute.
  static constexpr double probes_per_round = 16.0;

  /// Replaces the list; what is known of endpoints that stay is kept. Bootstrap endpoints are tried
  /// before known peers, each group in random order.
  void set_endpoints(std::vector<net::Endpoint> bootstrap, std::vector<net::Endpoint> known, Rng& rng);

  /// Where a member was reached: tried after all others, and only while the node has too few links. The oldest of
  /// them makes room beyond `max_learnt`.
  void learn(const net::Endpoint& endpoint);
  /// Where a member says that it can be reached: the same, while there is room. What was tried in vain and is nothing
  /// but hearsay makes room, so that a liar fills the list for a while only.
  void learn_hearsay(const net::Endpoint& endpoint);
  static constexpr std::size_t max_learnt = 32;

  /// Endpoints to try now because the node lacks so many links; they count as being tried.
  /// `usable(endpoint)`: allowed and not linked already.
  std::vector<net::Endpoint> take_due(TimePoint now, std::size_t lacking,
                                      const std::function<bool(const net::Endpoint&)>& usable);
  /// One for a second way, that was not tried in vain: one which is not there must not keep others waiting. It counts
  /// as being tried.
  std::optional<net::Endpoint> take_untried(TimePoint now, const std::function<bool(const net::Endpoint&)>& usable);
  /// One to probe for another ring, when the time has come.
  std::optional<net::Endpoint> take_probe(TimePoint now, std::size_t ring_size,
                                          const std::function<bool(const net::Endpoint&)>& usable, Rng& rng);
  /// The peer there accepted: data came back from it.
  void handle_accepted(TimePoint now, const net::Endpoint& endpoint);
  /// Nobody answered.
  void handle_failed(TimePoint now, const net::Endpoint& endpoint, Rng& rng);
  /// A link that was opened there ended, by its peer or by a fault.
  void handle_ended(TimePoint now, const net::Endpoint& endpoint, Rng& rng);
  /// This node, or the peer, has no more use for the link.
  void handle_unneeded(const net::Endpoint& endpoint);
  /// The endpoint leads to this node itself.
  void handle_own(const net::Endpoint& endpoint);
  /// The network changed, or the node was cut off: everything may be tried again at once.
  void reset();
  void start_probing(TimePoint now, Rng& rng);

  /// When take_due may have something new to say; `hungry`: the node has too few links.
  [[nodiscard]] std::optional<TimePoint> deadline(TimePoint now, bool hungry) const;
  [[nodiscard]] bool contains(const net::Endpoint& endpoint) const;

 private:
  struct Entry {
    net::Endpoint endpoint{};
    BackOff back_off{};
    std::optional<TimePoint> trying_since{};
    bool is_own = false;
    bool is_learnt = false;
    bool is_hearsay = false;  ///< learnt, and nobody was reached there
  };
  [[nodiscard]] bool is_full_of_learnt() const;
  Entry* find(const net::Endpoint& endpoint);
  [[nodiscard]] unsigned attempts_within(TimePoint now, Duration age) const;

  std::vector<Entry> entries_;
  BackOff refused_;  ///< by whichever endpoint
  std::optional<TimePoint> next_probe_;
};

}  // namespace ipop::overlay
