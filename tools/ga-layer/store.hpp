#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/directory_lock.hpp"
#include "layerfs/tree_reader.hpp"
#include "layers/envelope.hpp"
#include "layers/manifest.hpp"
#include "layers/merged_view.hpp"
#include "layers/stack.hpp"
#include "verbs.hpp"

namespace ipop::ga_layer {

/// The stack of the store; an empty one where there is none. Errors: those of parse_stack, errno.
Result<layers::Stack> load_stack(const Context& context);
Result<void> save_stack(const Context& context, const layers::Stack& stack);

/// The store for this process alone, after what an earlier one left unfinished was put right. Makes the store.
Result<io::DirectoryLock> open_store(const Context& context);

/// Certificates and revocation lists of --trust and --group. Errors: a file there that is neither.
Result<layers::TrustedSigners> load_trust(const Context& context);

/// A manifest as it stands in a file.
struct ReadManifest {
  layers::Manifest manifest{};
  std::string text{};
  std::string signer{};  ///< the common name; empty: not signed
};
/// Reads a manifest. With `trusted`, its signature is right and by one of them, which is found out before anything else
/// of it is read. Errors: errno; those of parse_manifest and check_signer.
Result<ReadManifest> read_manifest(const std::string& path, const layers::TrustedSigners* trusted);
Result<ReadManifest> read_manifest_of(const Context& context, const layers::StackLayer& layer);

/// `tools-7.manifest` for tools-7.squashfs, home.tar.zst and itself; and back for a layer of that kind.
std::string manifest_path(const std::string& file);
std::string payload_path(const std::string& manifest, layers::LayerKind kind);

/// All layers of the stack below `name` as they are seen; below home and what is worked on, all others.
Result<layers::MergedView> view_below(const Context& context, const layers::Stack& stack, const std::string& name);

/// The folder to which a module that is worked on, or home, is written. Errors: not_found.
Result<std::string> writable_folder(const Context& context, const layers::Stack& stack, const std::string& name);

/// The release from which the work on a module went out, or in which it is; 0 for none. It is kept in the module's
/// folder.
std::uint64_t work_began_from(const Context& context, const std::string& module);
Result<void> note_work_began_from(const Context& context, const std::string& module, std::uint64_t number);

/// Unpacks a release of the store, and finds in it what its manifest says; complete or not there at all.
Result<void> unpack_release(const std::string& image, const layers::Manifest& manifest, const std::string& directory);

/// Mounts an image for a look and compares it with its manifest. Errors: bad_checksum names what differs.
Result<void> check_image(const std::string& image, const layers::Manifest& manifest, const std::string& scratch);

/// One line for the first of them; and how many more there are.
std::string named(const std::vector<layerfs::TreeProblem>& problems);

}  // namespace ipop::ga_layer
