#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "layers/entry.hpp"

namespace ipop::layerfs {

/// A name that can't go into a layer as it is, and why.
struct TreeProblem {
  std::string path{};
  std::string what{};
};

/// A directory as it was when it was read.
struct Tree {
  std::vector<layers::Entry> entries{};  ///< as check_entries asks for
  std::vector<std::string> stamps{};     ///< of each entry: another one after any change
  std::vector<TreeProblem> problems{};
};

enum class Digests { none, files };

/// Reads all names below `directory` and stays on its file system. Overlayfs' own marks become whiteouts, opaque
/// directories and redirects. A name that can't be read, or that changes meanwhile, is a problem and not in the list.
/// Errors: errno of the directory itself; too_large (most_entries).
Result<Tree> read_tree(const std::string& directory, Digests digests);

/// The names that are not as they were when `before` was read: changed, new or gone. Errors: those of read_tree.
Result<std::vector<std::string>> changed_since(const std::string& directory, const Tree& before);

/// What differs between a tree and the list that it should be, the first few names of it. `ownerless`: an ordinary user
/// made it, so owners, devices and attributes other than user.* are not his to set, nor set-uid bits of others.
std::vector<TreeProblem> differences(const Tree& tree, const std::vector<layers::Entry>& wanted, bool ownerless);

}  // namespace ipop::layerfs
