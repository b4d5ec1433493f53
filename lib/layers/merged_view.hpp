#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layers/entry.hpp"

namespace ipop::layers {

/// What is seen where layers lie over one another, by overlayfs' rules: a whiteout and an opaque directory hide, a
/// directory that was moved brings what it holds below, everything else covers the name below it.
class MergedView {
 public:
  struct Seen {
    Entry entry{};          ///< with the path at which it is seen
    std::size_t layer = 0;  ///< 0 is the lowest
    std::string first{};    ///< the path of the file's first name in its own layer; the same for its hard links
  };

  /// Lays the tree `entries` (see check_entries) over what is there.
  void add_layer(std::span<const Entry> entries);

  [[nodiscard]] const Seen* find(std::string_view path) const;
  /// All that is seen, rising by path.
  [[nodiscard]] const std::map<std::string, Seen, std::less<>>& names() const { return names_; }
  /// The names below a directory, not itself.
  [[nodiscard]] std::vector<const Seen*> below(std::string_view directory) const;

 private:
  void erase_with_content(std::string_view path);
  void erase_content(std::string_view path);

  std::map<std::string, Seen, std::less<>> names_;
  std::size_t layers_ = 0;
};

/// A name under which a file was changed while another name of the same file, in a layer below, keeps the old octets:
/// overlayfs copies a file up under the one name by which it is written.
struct BrokenLink {
  std::string changed{};
  std::string left_behind{};
};
/// Overlayfs leaves no mark by which a file that it took up could be told from one that a program put in its place, so
/// both are found; a file that is as it was is not, nor one whose other names are in `entries` too.
std::vector<BrokenLink> find_broken_links(std::span<const Entry> entries, const MergedView& below);

}  // namespace ipop::layers
