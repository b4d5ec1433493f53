#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/node_id.hpp"
#include "crypto/aead.hpp"
#include "crypto/basis.hpp"
#include "dht/dht.hpp"
#include "node/arrival.hpp"
#include "node/clock_notice.hpp"
#include "node/command.hpp"
#include "node/end_to_end.hpp"
#include "node/keepsakes.hpp"
#include "node/lease_way.hpp"
#include "node/own_certificate.hpp"
#include "node/query.hpp"
#include "node/twin_watch.hpp"
#include "overlay/overlay.hpp"
#include "router/router.hpp"

namespace ipop::node {

struct NodeConfig;

/// What a node tells of itself, to people and to other nodes: read from its machines, of which it changes none.
class SelfReport {
 public:
  /// Whence it reads; all of it outlives the report.
  struct Sources {
    const NodeConfig& config;
    const NodeId& self;
    const crypto::Basis& basis;
    const crypto::AeadFactory& aeads;
    const overlay::Overlay& ring;
    const dht::Dht& table;
    const std::optional<router::Router>& router;
    const EndToEnd& sessions;
    const Arrival& arrival;
    const std::optional<OwnCertificate>& certificate;
    const LeaseWay& leases;
    const Keepsakes& keepsakes;
    const TwinWatch& twin;
    const ClockNotice& clock_notice;
    const Counters& counters;  ///< the owner's
  };
  explicit SelfReport(const Sources& sources) : of_(sources) {}

  void handle_start(TimePoint now) { started_ = now; }
  /// The first lease since the start is the one that counts for people.
  void handle_lease(TimePoint now);

  [[nodiscard]] bool is_in_closed_group() const { return of_.basis.trust()->kind() == crypto::GroupKind::closed; }
  [[nodiscard]] bool has_network() const { return of_.router.has_value(); }
  [[nodiscard]] StatusAnswer status(TimePoint now) const;
  [[nodiscard]] PeersAnswer peers(TimePoint now) const;
  [[nodiscard]] EndpointsAnswer endpoints() const;
  [[nodiscard]] MemberRow own_row() const;
  /// For another node's query of this id.
  [[nodiscard]] QueryAnswer describe(std::uint64_t query) const;
  /// Neighbours first; as many as a QueryAnswer takes.
  [[nodiscard]] std::vector<NodeId> known_nodes() const;
  [[nodiscard]] std::optional<net::Ipv4Address> address_of(const NodeId& id) const;
  [[nodiscard]] std::vector<Keepsakes::Linked> linked() const;
  /// What keeps this node from doing its work, a sentence each.
  [[nodiscard]] std::vector<std::string> notices() const;

  struct Known {
    NodeId node{};
    std::optional<net::Ipv4Address> address{};
  };
  struct LookUp {  ///< the DHT knows
    dht::RecordKind kind{};
    Bytes name{};
    std::optional<net::Ipv4Address> address{};
  };
  using Target = std::variant<Known, LookUp>;
  /// Whom a person means by a node id or the beginning of one, an address or a name. Errors: conflict (the beginning of
  /// several), not_found.
  [[nodiscard]] Result<Target> find(const std::string& target) const;
  /// How packets get to it and why so.
  [[nodiscard]] WhyAnswer why(TimePoint now, const Known& target) const;

 private:
  [[nodiscard]] Counters counters() const;

  Sources of_;
  TimePoint started_{};
  Duration address_after_{};  // from the start to the first lease
};

}  // namespace ipop::node
