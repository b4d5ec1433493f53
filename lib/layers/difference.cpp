#include "layers/difference.hpp"

#include <algorithm>
#include <set>

#include "layers/path_text.hpp"

namespace ipop::layers {
namespace {

std::uint64_t octets_at(const MergedView::Seen& seen, const MergedView& below) {
  std::uint64_t out = seen.entry.size;
  if (seen.entry.kind == EntryKind::directory)
    for (const auto* inside : below.below(seen.entry.path))
      out += inside->entry.size;
  return out;
}

/// Everything below an opaque directory, or below a name that is no directory any more, that the layer does not name.
void add_covered(const std::string& directory, const std::set<std::string_view>& own, const MergedView& below,
                 std::vector<Change>& out) {
  std::string_view last;
  for (const auto* seen : below.below(directory)) {
    const std::string& path = seen->entry.path;
    if (own.contains(path) || (!last.empty() && is_below(path, last))) continue;
    out.push_back({ChangeKind::hidden, path, {}, octets_at(*seen, below), 0});
    last = path;
  }
}

void add_entry(const Entry& entry, const std::set<std::string_view>& own, const MergedView& below,
               std::vector<Change>& out) {
  const MergedView::Seen* seen = below.find(entry.path);
  if (entry.kind == EntryKind::whiteout) {
    if (seen != nullptr) out.push_back({ChangeKind::hidden, entry.path, {}, octets_at(*seen, below), 0});
    return;
  }
  if (!entry.redirect.empty()) {
    out.push_back({ChangeKind::moved, entry.path, entry.redirect, 0, 0});
  } else if (seen == nullptr) {
    out.push_back({ChangeKind::added, entry.path, {}, 0, entry.size});
  } else {
    Entry now = entry;
    Entry then = seen->entry;
    now.opaque = then.opaque = false;
    then.redirect.clear();
    if (std::string what = difference_between(then, now); !what.empty())
      out.push_back({ChangeKind::changed, entry.path, std::move(what), then.size, now.size});
  }
  const bool covers = entry.kind != EntryKind::directory || entry.opaque;
  if (covers && seen != nullptr && seen->entry.kind == EntryKind::directory) add_covered(entry.path, own, below, out);
}

}  // namespace

std::string_view to_string(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::added: return "added";
    case ChangeKind::changed: return "changed";
    case ChangeKind::hidden: return "hidden";
    case ChangeKind::moved: return "moved";
  }
  return {};
}

std::vector<Change> changes_of(std::span<const Entry> entries, const MergedView& below) {
  std::set<std::string_view> own;
  for (const Entry& entry : entries)
    if (entry.kind != EntryKind::whiteout) own.insert(entry.path);
  std::vector<Change> out;
  for (const Entry& entry : entries)
    if (entry.path != ".") add_entry(entry, own, below, out);
  std::ranges::stable_sort(out, {}, &Change::path);
  return out;
}

ChangeSums sum_up(std::span<const Change> changes) {
  ChangeSums out;
  for (const Change& change : changes) {
    switch (change.kind) {
      case ChangeKind::added:
        ++out.added;
        out.added_octets += change.after;
        break;
      case ChangeKind::changed:
        ++out.changed;
        out.changed_octets += change.after;
        break;
      case ChangeKind::hidden:
        ++out.hidden;
        out.hidden_octets += change.before;
        break;
      case ChangeKind::moved: ++out.moved; break;
    }
  }
  return out;
}

}  // namespace ipop::layers
