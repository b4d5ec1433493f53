#pragma once

#include <map>
#include <memory>
#include <string>

#include "crypto/trust_store.hpp"
#include "leasebook/lease_book.hpp"
#include "verbs.hpp"

namespace ipop::ipop_dhcp {

/// Who is a member of each group, from the group's file and, in a closed group, the newest of the revocation lists
/// that this machine's node has kept. A file that changes is read before the next request is judged, so a
/// revocation holds as soon as the node has it.
class GroupTrust {
 public:
  explicit GroupTrust(const Context& context) : context_(context) {}

  /// Null when the group's file is gone or of another group.
  std::shared_ptr<const crypto::TrustStore> of(const leasebook::LeaseGroup& group);

 private:
  struct Known {
    std::string stamp{};  ///< of the files when they were read
    std::shared_ptr<const crypto::TrustStore> trust{};
  };
  std::shared_ptr<const crypto::TrustStore> read(const leasebook::LeaseGroup& group) const;
  [[nodiscard]] std::string list_file(const std::string& group) const;

  const Context& context_;
  std::map<std::string, Known> known_;
};

}  // namespace ipop::ipop_dhcp
