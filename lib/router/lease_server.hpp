#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/hash.hpp"
#include "dht/witness.hpp"
#include "leasing/address_plan.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::router {

/// The server that gives out a group's addresses, as the group's file describes it. docs/decisions/0048
struct LeaseServer {
  /// What a member does whose lease has ended and who reaches no server.
  enum class Fallback {
    wait,  ///< it has no address until the server answers
    ring,  ///< it takes one from the ring, outside of what the server gives out
  };

  crypto::Digest256 key{};                    ///< fingerprint of the key that signs its grants
  std::vector<leasing::AddressRange> pool{};  ///< what it alone gives out; empty: the whole network
  Fallback fallback = Fallback::wait;
  std::string member{};  ///< name of the member that runs it; empty: the node's owner reaches it

  [[nodiscard]] bool gives_out(net::Ipv4Address address) const;
  friend bool operator==(const LeaseServer&, const LeaseServer&) = default;
};

/// In the server's pool a lease needs the server's grant: for this address and node, until the record's end.
class ServerGrants final : public dht::GrantRule {
 public:
  ServerGrants(LeaseServer server, std::string name_space)
      : server_(std::move(server)), name_space_(std::move(name_space)) {}

  [[nodiscard]] bool covers(const dht::Record& record) const override;
  [[nodiscard]] std::optional<WallTime> granted(const dht::Record& record) const override;

 private:
  LeaseServer server_;
  std::string name_space_;
};

}  // namespace ipop::router
