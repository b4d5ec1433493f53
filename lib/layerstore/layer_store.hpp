#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/group_files.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "io/directory_lock.hpp"
#include "layerfs/tree_reader.hpp"
#include "layers/manifest.hpp"
#include "layers/mount_plan.hpp"
#include "layers/stack.hpp"

namespace ipop::layerstore {

/// Where a program finds its store, and whom that trusts.
struct Places {
  layers::StoreLayout store{"/var/lib/ga/layers"};
  std::string trust = "/etc/ga/layers/trust";  ///< directory with certificates and revocation lists
  std::string group{};                         ///< whose authority's signature counts as well; empty: nobody's
  std::string groups = groups_directory;       ///< where the groups' files are
};

/// The stack of the store; an empty one where there is none. Errors: those of parse_stack, errno.
Result<layers::Stack> load_stack(const Places& places);
Result<void> save_stack(const Places& places, const layers::Stack& stack);

/// The store for this process alone, after what an earlier one left unfinished was put right. Makes the store. Waits
/// at most `limit` for another one. Errors: std::errc::device_or_resource_busy (it still works there), errno.
Result<io::DirectoryLock> open_store(const Places& places, Duration limit = {});

/// `tools-7.manifest` for tools-7.squashfs, home.tar.zst and itself; and back for a layer of that kind.
std::string manifest_path(const std::string& file);
std::string payload_path(const std::string& manifest, layers::LayerKind kind);

/// Copies the payload `from` to a new file `to` in `incoming`, once its size and sum are those of the manifest: it is
/// looked at where nobody else can change it. Errors: errno, too_large, bad_checksum.
Result<void> copy_payload(const Places& places, const layers::Manifest& manifest, const std::string& from,
                          const std::string& to);

/// Unpacks a release of the store, and finds in it what its manifest says; complete or not there at all.
Result<void> unpack_release(const std::string& image, const layers::Manifest& manifest, const std::string& directory);

/// Mounts an image for a look and compares it with its manifest. Errors: bad_checksum names what differs.
Result<void> check_image(const std::string& image, const layers::Manifest& manifest, const std::string& scratch);

/// Removes a tree of the store whose name means that it is whole: at no moment is half of it there. None is none.
Result<void> remove_at_once(const Places& places, const std::string& tree);

/// Takes the files of a release away; none are none.
Result<void> remove_release(const Places& places, std::string_view name, std::uint64_t number);

/// One line for the first of them; and how many more there are.
std::string named(const std::vector<layerfs::TreeProblem>& problems);

}  // namespace ipop::layerstore
