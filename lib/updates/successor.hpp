#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "layers/manifest.hpp"
#include "layers/stack.hpp"
#include "updates/history.hpp"
#include "updates/package_plan.hpp"

namespace ipop::updates {

/// A release that is offered, whose signature was found right.
struct Offer {
  const layers::Manifest& manifest;
  const crypto::Digest256& signer;  ///< fingerprint of the key
};

/// What the machine is, as far as it decides about an offer.
struct Standing {
  const layers::Stack& stack;
  const History& history;
  std::optional<crypto::Digest256> signer{};  ///< who signed the release in use; none: there is none
  std::optional<WallTime> made{};             ///< when that was made
  std::string kernel{};                       ///< `uname -r`; empty: any will do
  bool again = false;                         ///< also what the machine went back from before
  bool other_signer = false;                  ///< also from another signer
};

/// What the offer changes; none where it is in use already. Errors: expired (older than one that was in use: a
/// downgrade; made before the one in use), not_authorized (another signer: two repositories would be mixed), conflict
/// (the machine went back from it before, a module is worked on, another base), unsupported (a base without the modules
/// of the kernel that the boot disk starts).
Result<std::optional<Change>> check_offer(const Offer& offer, const Standing& standing);

/// What an upgrade of the packages changes; none where there is nothing newer. Errors: expired (a downgrade), conflict
/// (the machine went back from these versions before, a module is worked on).
Result<std::optional<Change>> check_packages(const PackagePlan& plan, const Standing& standing);

/// Whether a base has what the kernel `release` needs: its folder of modules, or no kernel's at all, as in a base whose
/// kernel has all built in.
bool fits_kernel(const layers::Manifest& base, std::string_view release);

}  // namespace ipop::updates
