#pragma once

#include <string>
#include <string_view>

#include "net/ipv4_prefix.hpp"

namespace ipop::authority {

/// Where in strongSwan's directory (/etc/swanctl) the parts of a group are, all called as the group.
struct SwanctlPaths {
  std::string configuration{};  ///< conf.d/ga-NAME.conf
  std::string certificate{};    ///< x509/ga-NAME.pem
  std::string key{};            ///< private/ga-NAME.pem
  std::string authority{};      ///< x509ca/ga-NAME.pem
  std::string crl{};            ///< x509crl/ga-NAME.pem
};
SwanctlPaths swanctl_paths(std::string_view group);

/// A strongSwan configuration (swanctl.conf(5)): packets between two addresses of `prefix` go by
/// kernel ESP in transport mode, with keys from IKEv2 between the same certificates.
///
/// The node's own service address and the broadcast address have no peer and are left out. `group` has
/// passed check_group_name.
std::string to_swanctl(std::string_view group, const net::Ipv4Prefix& prefix);

}  // namespace ipop::authority
