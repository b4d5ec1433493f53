#pragma once

#include <string>

#include "closed_group.hpp"
#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"

namespace ipop::ga_cert {

/// A closed group of this machine, with what its node is known by.
struct Membership {
  OwnGroup group{};
  std::string file{};  ///< of the certificate
  crypto::Certificate authority{};
  crypto::Certificate present{};
  crypto::PrivateKey key;
};

/// Reads it; `given_state` in place of the usual directory when it is not empty. Errors name the file.
Result<Membership> load_membership(const Context& context, OwnGroup group, const std::string& given_state);

}  // namespace ipop::ga_cert
