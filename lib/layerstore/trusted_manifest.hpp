#pragma once

#include <string>

#include "base/result.hpp"
#include "layers/envelope.hpp"
#include "layers/manifest.hpp"
#include "layers/stack.hpp"
#include "layerstore/layer_store.hpp"

namespace ipop::layerstore {

/// The certificates and revocation lists of `places.trust` and of the group. Errors: a file there that is neither.
Result<layers::TrustedSigners> load_trust(const Places& places);

/// A manifest as it stands in a file.
struct ReadManifest {
  layers::Manifest manifest{};
  std::string text{};
  std::string signer{};            ///< the common name; empty: not signed
  crypto::Digest256 signer_key{};  ///< fingerprint of the signer's key; zeros: not signed
};
/// Reads a manifest. With `trusted`, its signature is right and by one of them, which is found out before anything else
/// of it is read. Errors: errno; those of parse_manifest and check_signer.
Result<ReadManifest> read_manifest(const std::string& path, const layers::TrustedSigners* trusted);
Result<ReadManifest> read_manifest_of(const Places& places, const layers::StackLayer& layer);

/// Puts an image of `incoming` in its place with its manifest. The stack is as before.
Result<void> put_release(const Places& places, const ReadManifest& release, const std::string& image);

}  // namespace ipop::layerstore
