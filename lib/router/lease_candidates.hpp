#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/bytes.hpp"
#include "base/expiring_map.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "net/ipv4_prefix.hpp"
#include "router/lease_server.hpp"

namespace ipop::router {

/// True for an address that a node may hold: inside `prefix`, not its network, broadcast or server
/// address, and not ending in .0 or .255, which some hosts take for a broadcast.
bool is_leasable(net::Ipv4Address address, const net::Ipv4Prefix& prefix);

/// Which name this node claims next: an address of its pool or, without a pool, the one name that was chosen.
///
/// The preferred name comes first. Names that others hold are avoided for a while, and those that the owner's own
/// network uses are in quarantine for longer; then addresses are drawn at random.
class LeaseCandidates {
 public:
  /// `server` gives out some of the pool; these are not drawn. `rng` outlives this.
  LeaseCandidates(std::optional<net::Ipv4Prefix> pool, std::optional<LeaseServer> server, Rng& rng);

  /// An address of the pool that a node may hold, and the owner's network does not use.
  [[nodiscard]] bool may_be_held(const Bytes& name, TimePoint now) const;

  /// Addresses are drawn when none is preferred. At first so, if no server gives them out.
  void draw(bool yes) { draws_ = yes; }
  [[nodiscard]] bool draws() const { return draws_; }
  /// Comes first from now on.
  void prefer(Bytes name) { preferred_ = std::move(name); }
  /// Not tried for this long. Without a pool nothing happens: the chosen name is the only one.
  void avoid(TimePoint now, const Bytes& name, Duration time);
  /// The owner's network uses it: avoided for an hour. False: so many are that a further one is not believed.
  bool quarantine(TimePoint now, const Bytes& name);
  /// The next name; it is preferred from then on. None: there is none at present.
  std::optional<Bytes> next(TimePoint now);
  void handle_timeout(TimePoint now) { avoided_.drop_expired(now); }

 private:
  [[nodiscard]] bool is_servers(net::Ipv4Address address) const { return server_ && server_->gives_out(address); }
  [[nodiscard]] bool is_avoided(const Bytes& name, TimePoint now) const;
  [[nodiscard]] bool may_be_claimed(const Bytes& name, TimePoint now) const;
  std::optional<Bytes> draw_address(TimePoint now);

  std::optional<net::Ipv4Prefix> pool_;
  std::optional<LeaseServer> server_;
  Rng& rng_;
  bool draws_;
  std::optional<Bytes> preferred_;
  ExpiringMap<Bytes, std::monostate> avoided_;
  ExpiringMap<Bytes, std::monostate> quarantined_;
};

}  // namespace ipop::router
