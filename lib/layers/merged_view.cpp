#include "layers/merged_view.hpp"

#include <algorithm>
#include <set>

#include "layers/path_text.hpp"

namespace ipop::layers {
namespace {

/// Where directories are in the layers below, for those that are not where they were.
class FormerPaths {
 public:
  void add(const Entry& directory) {
    if (!directory.redirect.empty()) redirects_[directory.path] = directory.redirect;
  }

  [[nodiscard]] std::string of(std::string_view path) const {
    const auto found = redirects_.find(path);
    const std::string_view parent = parent_of(path);
    if (found != redirects_.end()) {
      // An absolute redirect begins at the root of the layers; a bare name is beside where the parent was.
      if (found->second.front() == '/') return found->second.substr(1);
      return parent.empty() ? found->second : of(parent) + '/' + found->second;
    }
    if (parent.empty() || redirects_.empty()) return std::string(path);
    return of(parent) + std::string(path.substr(parent.size()));
  }

 private:
  std::map<std::string, std::string, std::less<>> redirects_;
};

}  // namespace

void MergedView::add_layer(std::span<const Entry> entries) {
  // What is moved is taken from what was there before this layer hides its old place.
  FormerPaths former;
  std::map<std::string, std::vector<Seen>, std::less<>> moved;
  for (const Entry& entry : entries) {
    former.add(entry);
    if (entry.redirect.empty()) continue;
    const std::string from = former.of(entry.path);
    for (const Seen* seen : below(from)) {
      Seen copy = *seen;
      copy.entry.path = entry.path + seen->entry.path.substr(from.size());
      moved[entry.path].push_back(std::move(copy));
    }
  }
  for (const Entry& entry : entries) {
    const auto there = names_.find(entry.path);
    if (entry.kind == EntryKind::whiteout) {
      erase_with_content(entry.path);
      continue;
    }
    const bool merges = entry.kind == EntryKind::directory && there != names_.end() &&
                        there->second.entry.kind == EntryKind::directory && !entry.opaque && entry.redirect.empty();
    if (!merges && entry.path != ".") erase_content(entry.path);
    Seen seen{entry, layers_, entry.kind == EntryKind::hard_link ? entry.target : entry.path};
    names_.insert_or_assign(entry.path, std::move(seen));
    if (const auto brought = moved.find(entry.path); brought != moved.end())
      for (Seen& one : brought->second)
        names_.insert_or_assign(one.entry.path, std::move(one));
  }
  ++layers_;
}

const MergedView::Seen* MergedView::find(std::string_view path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : &found->second;
}

std::vector<const MergedView::Seen*> MergedView::below(std::string_view directory) const {
  std::vector<const Seen*> out;
  const std::string prefix = std::string(directory) + '/';
  for (auto it = names_.lower_bound(prefix); it != names_.end() && it->first.starts_with(prefix); ++it)
    out.push_back(&it->second);
  return out;
}

void MergedView::erase_with_content(std::string_view path) {
  erase_content(path);
  if (const auto found = names_.find(path); found != names_.end()) names_.erase(found);
}

void MergedView::erase_content(std::string_view path) {
  const std::string prefix = std::string(path) + '/';
  auto it = names_.lower_bound(prefix);
  while (it != names_.end() && it->first.starts_with(prefix))
    it = names_.erase(it);
}

std::vector<BrokenLink> find_broken_links(std::span<const Entry> entries, const MergedView& below) {
  std::vector<BrokenLink> out;
  // The names of each file below, and the file that each of them shows.
  using FileBelow = std::pair<std::size_t, std::string>;
  std::map<FileBelow, std::vector<std::string>> names_of;
  std::map<FileBelow, const Entry*> file_of;
  for (const auto& [path, seen] : below.names()) {
    if (seen.entry.kind == EntryKind::directory) continue;
    names_of[{seen.layer, seen.first}].push_back(path);
    if (seen.entry.kind != EntryKind::hard_link) file_of[{seen.layer, seen.first}] = &seen.entry;
  }
  std::set<std::string_view> above;
  for (const Entry& entry : entries)
    above.insert(entry.path);
  for (const Entry& entry : entries) {
    const auto* seen = below.find(entry.path);
    if (seen == nullptr || entry.kind != EntryKind::file) continue;
    const auto file = file_of.find({seen->layer, seen->first});
    if (file != file_of.end() && difference_between(*file->second, entry).empty()) continue;
    for (const std::string& other : names_of[{seen->layer, seen->first}])
      if (!above.contains(other)) out.push_back({entry.path, other});
  }
  return out;
}

}  // namespace ipop::layers
