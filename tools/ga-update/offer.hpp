#pragma once

#include <optional>

#include "base/result.hpp"
#include "layerstore/trusted_manifest.hpp"
#include "updates/successor.hpp"
#include "verbs.hpp"

namespace ipop::ga_update {

/// A release that may be tried.
struct Accepted {
  layerstore::ReadManifest release{};
  layers::Stack next{};                     ///< the stack in which it is used
  std::optional<updates::Change> change{};  ///< none: it is in use already
};

/// Errors (conflict): an update is under way, or updates are on hold.
Result<void> check_free(const Context& context);

/// Reads the manifest beside `file` and looks at everything that does not need the image: the signature first. Errors:
/// those of load_trust, read_manifest and check_offer; conflict when an update is under way or updates are on hold.
Result<Accepted> consider(const Context& context, const std::string& file, const Tolerance& tolerance);

}  // namespace ipop::ga_update
