#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"
#include "crypto/trust_store.hpp"
#include "daemon/state_directory.hpp"

namespace ipop::daemon {

/// What makes a node a member of its group: who may be one, and its own certificate.
struct Credentials {
  std::shared_ptr<const crypto::TrustStore> trust{};
  std::optional<crypto::Certificate> certificate{};  ///< in a closed group
};

/// `authority` is the PEM text of the group file; empty in an open group. A closed group's certificate
/// comes from the state directory, as does the revocation list of the last time; a list that is damaged
/// or not the authority's is logged and left out, since every peer has it.
///
/// Errors, each with what to do: malformed (`authority`, or the certificate's file), not_found (no
/// certificate), not_authorized (another key's or another authority's certificate, revoked), expired
/// (not valid at `wall`: the clock or the certificate).
Result<Credentials> load_credentials(StateDirectory& directory, const std::string& authority,
                                     const crypto::PrivateKey& key, WallTime wall);

}  // namespace ipop::daemon
