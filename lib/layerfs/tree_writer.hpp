#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "layerfs/beneath.hpp"
#include "layers/entry.hpp"

namespace ipop::layerfs {

/// Makes the file of `entry` at a place where nothing is, for its owner alone; mode and attributes are set later.
using MakeFile = std::function<Result<void>(const layers::Entry& entry, const Place& place)>;

/// A MakeFile that copies from the same path below `source`, which stays open as long. Errors: conflict when the octets
/// are not those of the entry: the file changed.
MakeFile copying_from(int source);

/// A file without octets, for its owner alone. Errors: errno.
Result<void> make_empty_file(const Place& place);

/// Makes every name of `entries` (see check_entries) in `directory`, which is empty and is the tree's root; what is in
/// a name, also in a symbolic link, never leads out of it. An ordinary user's files are his own, and he makes no
/// devices. The marks that only overlayfs reads are write_marks'. Errors: errno with the path, those of `make_file`.
Result<void> write_tree(int directory, const std::vector<layers::Entry>& entries, const MakeFile& make_file);

enum class Marks {
  trusted,  ///< for root's overlays
  user,     ///< for those in a user namespace, and for fuse-overlayfs
  both,     ///< for an image, which anybody may mount
};

/// Sets what overlayfs reads: opaque directories and redirects. After write_tree; needs CAP_SYS_ADMIN for `trusted`.
Result<void> write_marks(int directory, const std::vector<layers::Entry>& entries, Marks marks);

/// Gives the files the modification times of those in `source`. Directories last, since their names change them.
Result<void> copy_times(const std::string& source, int directory, const std::vector<layers::Entry>& entries);

/// Takes away a directory with all that is in it; none is none. Stays on its file system, and follows no link.
Result<void> remove_tree(const std::string& directory);

}  // namespace ipop::layerfs
