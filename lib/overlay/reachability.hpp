#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_prefix.hpp"
#include "overlay/candidates.hpp"
#include "overlay/nat_behavior.hpp"
#include "overlay/stranger_watch.hpp"

namespace ipop::overlay {

/// Where others see this node, what its NAT does, whether strangers get in, and what it may send link packets to.
class Reachability {
 public:
  /// All peers are to be asked where they see this node.
  struct AskAll {};
  /// This node is elsewhere than before: what failed may work.
  struct Moved {};
  struct Changed {
    std::vector<net::Endpoint> observed{};
    NatClass nat = NatClass::unknown;
    bool nat_changed = false;
  };
  using Output = std::variant<AskAll, Moved, Changed>;

  explicit Reachability(const std::optional<net::Ipv4Prefix>& virtual_prefix) : policy_{virtual_prefix, {}} {}

  /// False when they are the same as before.
  bool handle_local_endpoints(std::vector<net::Endpoint> endpoints);
  /// This node slept, or leaves: what peers said is old.
  void clear() { nat_.clear(); }
  /// The local endpoints are others than those that peers and strangers spoke of.
  void handle_address_changed();
  /// `peer`, seen by us at `endpoint`, sees this node at `observed`.
  void handle_observed(TimePoint now, const NodeId& peer, const net::Endpoint& endpoint, const net::Endpoint& observed);
  void handle_lost(const NodeId& peer) { nat_.forget(peer); }
  /// As StrangerWatch.
  void handle_sent(TimePoint now, const net::Endpoint& to, bool asked) { strangers_.handle_sent(now, to, asked); }
  bool handle_opened(TimePoint now, const net::Endpoint& from) { return strangers_.handle_opened(now, from); }
  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }

  [[nodiscard]] NatClass nat_class() const { return nat_.nat_class(); }
  [[nodiscard]] std::vector<net::Endpoint> observed() const { return nat_.observed(); }
  [[nodiscard]] bool got_in() const { return strangers_.got_in(); }
  [[nodiscard]] const EndpointPolicy& policy() const { return policy_; }
  /// What this node tells others of where it may be reached.
  [[nodiscard]] std::vector<net::Endpoint> candidates() const {
    return gather_candidates(nat_.observed(), nat_.local(), policy_);
  }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  void update();

  EndpointPolicy policy_;
  NatBehavior nat_;
  StrangerWatch strangers_;
  TimePoint doubt_pursued_{};
  std::vector<net::Endpoint> told_observed_;
  NatClass told_nat_ = NatClass::unknown;
  Counters counters_;
  OutputQueue<Output> outputs_;
};

}  // namespace ipop::overlay
