#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "layers/entry.hpp"
#include "layers/merged_view.hpp"

namespace ipop::layers {

enum class ChangeKind { added, changed, hidden, moved };
std::string_view to_string(ChangeKind kind);

/// What a layer does to one name below it.
struct Change {
  ChangeKind kind = ChangeKind::added;
  std::string path{};
  std::string what{};        ///< of a change: in what it differs; of a move: from where
  std::uint64_t before = 0;  ///< octets of the file, or of all files that are hidden
  std::uint64_t after = 0;
  friend bool operator==(const Change&, const Change&) = default;
};

/// What the tree `entries` changes over `below`, rising by path. A whole directory that is hidden is one change, at its
/// top; a file that was taken up and is as it was is none.
std::vector<Change> changes_of(std::span<const Entry> entries, const MergedView& below);

/// How many of each kind, and their octets.
struct ChangeSums {
  std::size_t added = 0;
  std::size_t changed = 0;
  std::size_t hidden = 0;
  std::size_t moved = 0;
  std::uint64_t added_octets = 0;
  std::uint64_t changed_octets = 0;  ///< after the change
  std::uint64_t hidden_octets = 0;
};
ChangeSums sum_up(std::span<const Change> changes);

}  // namespace ipop::layers
