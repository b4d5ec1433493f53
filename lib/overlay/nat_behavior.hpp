#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/node_id.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"

namespace ipop::overlay {

/// What this node's NAT does with UDP, in the words of RFC 4787, section 4, as far as the endpoints
/// that peers report can tell.
enum class NatClass : std::uint8_t {
  unknown,               ///< fewer than two independent reports
  none,                  ///< peers see one of our own addresses
  endpoint_independent,  ///< one mapping for all destinations
  address_dependent,     ///< another mapping for each destination ("symmetric")
};
std::string_view to_string(NatClass nat);

/// Collects what peers see of this node and concludes what its NAT does.
///
/// One address that peers report from is one voice; what most voices say holds. A changed report may
/// be a new mapping or a lie: it replaces that peer's own, and when another voice says the same as well,
/// what is older and says otherwise is forgotten.
class NatBehavior {
 public:
  static constexpr std::size_t max_reports = 16;
  static constexpr std::size_t max_observed = 4;
  /// A report that no ping has confirmed for so long speaks of an old mapping: more than the longest
  /// pause between two keep-alives.
  static constexpr Duration report_lives = 60s;

  void handle_local_endpoints(std::vector<net::Endpoint> endpoints);
  enum class News {
    none,         ///< as before
    report,       ///< another report to conclude from
    new_mapping,  ///< the peer's own earlier report said otherwise: the others should be asked
  };
  /// `peer`, seen by us at `peer_endpoint`, sees this node at `observed`.
  News handle_report(TimePoint now, const NodeId& peer, const net::Endpoint& peer_endpoint,
                     const net::Endpoint& observed);
  void forget(const NodeId& peer);
  void clear();

  [[nodiscard]] NatClass nat_class() const;
  /// Endpoints outside our own addresses that peers see, most voices first, at most max_observed.
  [[nodiscard]] std::vector<net::Endpoint> observed() const;
  [[nodiscard]] const std::vector<net::Endpoint>& local() const { return local_; }

 private:
  struct Report {
    net::Endpoint peer_endpoint{};
    net::Endpoint observed{};
    TimePoint when{};
  };
  [[nodiscard]] bool is_local(const net::Endpoint& endpoint) const;

  std::vector<net::Endpoint> local_;
  std::map<NodeId, Report> reports_;
};

}  // namespace ipop::overlay
