#include "layerfs/tree_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <memory>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <unordered_map>

#include "layerfs/beneath.hpp"
#include "layerfs/file_copy.hpp"
#include "layers/path_text.hpp"

namespace ipop::layerfs {
namespace {

using layers::Entry;
using layers::EntryKind;

struct DirectoryClose {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// A name and what the file system says of it.
struct Found {
  std::string path{};
  struct stat status {};
};

bool is_whiteout(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == 0;
}

EntryKind kind_of(const struct stat& status) {
  switch (status.st_mode & S_IFMT) {
    case S_IFDIR: return EntryKind::directory;
    case S_IFLNK: return EntryKind::symbolic_link;
    case S_IFCHR: return is_whiteout(status) ? EntryKind::whiteout : EntryKind::character_device;
    case S_IFBLK: return EntryKind::block_device;
    case S_IFIFO: return EntryKind::fifo;
    case S_IFSOCK: return EntryKind::socket;
    default: return EntryKind::file;
  }
}

std::string stamp_of(const struct stat& status) {
  // Not the time of the last access, nor for a directory its size, which follows from its names.
  std::string out = std::to_string(status.st_ino) + ' ' + std::to_string(status.st_mode) + ' ' +
                    std::to_string(status.st_ctim.tv_sec) + '.' + std::to_string(status.st_ctim.tv_nsec);
  if (S_ISREG(status.st_mode)) out += ' ' + std::to_string(status.st_size);
  return out;
}

class Walk {
 public:
  Walk(int root, dev_t device, Tree& tree) : root_(root), device_(device), tree_(tree) {}

  Result<std::vector<Found>> names(const struct stat& root) {
    std::vector<Found> out{{".", root}};
    std::vector<std::string> waiting{"."};
    while (!waiting.empty()) {
      const std::string directory = std::move(waiting.back());
      waiting.pop_back();
      for (Found& found : names_in(directory)) {
        if (S_ISDIR(found.status.st_mode)) waiting.push_back(found.path);
        out.push_back(std::move(found));
        if (out.size() > layers::most_entries) return {Errc::too_large, "more than 1000000 names"};
      }
    }
    std::sort(out.begin() + 1, out.end(), [](const Found& a, const Found& b) { return a.path < b.path; });
    return out;
  }

 private:
  std::vector<Found> names_in(const std::string& directory) {
    auto fd = open_beneath(root_, directory, O_RDONLY | O_DIRECTORY);
    const std::unique_ptr<DIR, DirectoryClose> stream(fd ? ::fdopendir(fd->get()) : nullptr);
    if (!stream) {
      tree_.problems.push_back(
          {directory, "can't be read: " + std::error_code(errno, std::generic_category()).message()});
      return {};
    }
    const int own = fd->release();
    std::vector<Found> out;
    while (const dirent* one = ::readdir(stream.get())) {
      const std::string name = one->d_name;
      if (name == "." || name == "..") continue;
      Found found{directory == "." ? name : directory + '/' + name, {}};
      if (auto path = layers::check_path(found.path); !path) {
        tree_.problems.push_back({found.path, "its path is longer than 4096 octets"});
      } else if (::fstatat(own, name.c_str(), &found.status, AT_SYMLINK_NOFOLLOW) != 0) {
        tree_.problems.push_back({found.path, "went away while it was read"});
      } else if (found.status.st_dev != device_) {
        tree_.problems.push_back({found.path, "is on another file system"});
      } else {
        out.push_back(std::move(found));
      }
    }
    return out;
  }

  int root_;
  dev_t device_;
  Tree& tree_;
};

std::string_view without_prefix(std::string_view name) {
  for (const std::string_view prefix : {"trusted.overlay.", "user.overlay.", "user.fuseoverlayfs."})
    if (name.starts_with(prefix)) return name.substr(prefix.size());
  return {};
}

/// Fills the entries of the names that were found.
class Fill {
 public:
  Fill(int root, Digests digests, Tree& tree) : root_(root), digests_(digests), tree_(tree) {}

  void add(const Found& found) {
    Entry entry;
    entry.path = found.path;
    entry.kind = kind_of(found.status);
    entry.mode = found.status.st_mode & 07777U;
    entry.uid = found.status.st_uid;
    entry.gid = found.status.st_gid;
    const char* wrong = nullptr;
    if (const std::string* first = first_name(found)) {
      entry.kind = EntryKind::hard_link;
      entry.target = *first;
      // The file's own line has all of it.
      entry.mode = entry.uid = entry.gid = 0;
    } else if (entry.kind == EntryKind::whiteout) {
      entry.mode = entry.uid = entry.gid = 0;
    } else {
      wrong = fill(found, entry);
    }
    if (wrong != nullptr) {
      tree_.problems.push_back({found.path, wrong});
      return;
    }
    if (found.status.st_nlink > 1 && entry.kind != EntryKind::directory && entry.kind != EntryKind::hard_link)
      links_.emplace(std::pair(found.status.st_dev, found.status.st_ino), found.path);
    tree_.stamps.push_back(stamp_of(found.status));
    tree_.entries.push_back(std::move(entry));
  }

 private:
  const std::string* first_name(const Found& found) const {
    if (found.status.st_nlink < 2 || S_ISDIR(found.status.st_mode) || is_whiteout(found.status)) return nullptr;
    const auto first = links_.find({found.status.st_dev, found.status.st_ino});
    return first == links_.end() ? nullptr : &first->second;
  }

  /// Null, or what is wrong.
  const char* fill(const Found& found, Entry& entry) {
    auto place = place_of(root_, found.path);
    if (!place) return "went away while it was read";
    if (const char* wrong = read_attributes(*place, entry)) return wrong;
    switch (entry.kind) {
      case EntryKind::file: return read_content(found, entry);
      case EntryKind::symbolic_link: {
        std::string target(static_cast<std::size_t>(found.status.st_size) + 1, '\0');
        const ssize_t got = ::readlinkat(place->directory.get(), place->name.c_str(), target.data(), target.size());
        if (got < 0) return "went away while it was read";
        target.resize(static_cast<std::size_t>(got));
        entry.target = std::move(target);
        return nullptr;
      }
      case EntryKind::character_device:
      case EntryKind::block_device:
        entry.device_major = major(found.status.st_rdev);
        entry.device_minor = minor(found.status.st_rdev);
        return nullptr;
      default: return nullptr;
    }
  }

  const char* read_content(const Found& found, Entry& entry) const {
    entry.size = static_cast<std::uint64_t>(found.status.st_size);
    if (digests_ == Digests::none) return nullptr;
    const auto file = open_beneath(root_, found.path, O_RDONLY | O_NONBLOCK | O_NOATIME);
    const auto plain = file ? io::UniqueFd() : io::UniqueFd(open_plainly(found.path));
    const int fd = file ? file->get() : plain.get();
    if (fd < 0) return "can't be read";
    const auto sum = sum_of(fd);
    if (!sum) return "can't be read to its end";
    struct stat after {};
    if (::fstat(fd, &after) != 0 || stamp_of(after) != stamp_of(found.status) || sum->size != entry.size)
      return "changed while it was read";
    entry.digest = sum->digest;
    return nullptr;
  }

  /// O_NOATIME is for the owner of a file only.
  [[nodiscard]] int open_plainly(const std::string& path) const {
    auto fd = open_beneath(root_, path, O_RDONLY | O_NONBLOCK);
    return fd ? fd->release() : -1;
  }

  const char* read_attributes(const Place& place, Entry& entry) {
    const std::string path = entry.path == "." ? "/proc/self/fd/" + std::to_string(root_) + "/." : proc_path(place);
    std::vector<char> names(layers::most_attribute_octets);
    const ssize_t length = ::llistxattr(path.c_str(), names.data(), names.size());
    if (length < 0) return errno == ENOTSUP || errno == EPERM ? nullptr : "its attributes can't be listed";
    std::string_view rest(names.data(), static_cast<std::size_t>(length));
    while (!rest.empty()) {
      const std::string name(rest.substr(0, rest.find('\0')));
      rest.remove_prefix(name.size() + 1);
      std::vector<char> value(layers::most_attribute_octets);
      const ssize_t got = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
      if (got < 0) return "an attribute of it can't be read";
      const std::string_view octets(value.data(), static_cast<std::size_t>(got));
      const std::string_view mark = without_prefix(name);
      if (mark.empty()) {
        entry.attributes.emplace(name, std::string(octets));
      } else if (mark == "opaque") {
        entry.opaque = entry.opaque || (octets == "y" && entry.path != ".");
      } else if (mark == "redirect" && entry.kind == EntryKind::directory) {
        entry.redirect = octets;
      } else if (mark == "metacopy") {
        return "has no octets of its own (overlayfs' metacopy)";
      }
    }
    return nullptr;
  }

  int root_;
  Digests digests_;
  Tree& tree_;
  std::map<std::pair<dev_t, ino_t>, std::string> links_;
};

/// An entry as an ordinary user could make it.
Entry without_rights(Entry entry) {
  entry.uid = entry.gid = 0;
  entry.mode &= 01777U;
  // fuse and unsquashfs give links and directories modes of their own; what counts is who may read and run a file.
  if (entry.kind != EntryKind::file) entry.mode = 0;
  std::erase_if(entry.attributes, [](const auto& attribute) { return !attribute.first.starts_with("user."); });
  entry.redirect.clear();
  return entry;
}

}  // namespace

Result<Tree> read_tree(const std::string& directory, Digests digests) {
  const auto root = open_directory(directory);
  if (!root) return root.error();
  struct stat status {};
  if (::fstat(root->get(), &status) != 0) return io::last_error("reading " + directory);
  Tree out;
  auto names = Walk(root->get(), status.st_dev, out).names(status);
  if (!names) return std::move(names).error().in("reading " + directory);
  Fill fill(root->get(), digests, out);
  for (const Found& found : *names)
    fill.add(found);
  // Below a directory that has a problem, nothing has a place.
  if (out.problems.empty()) {
    if (auto tree = layers::check_entries(out.entries); !tree)
      return make_error(tree.error().code, directory + ": " + tree.error().context);
  }
  return out;
}

Result<std::vector<std::string>> changed_since(const std::string& directory, const Tree& before) {
  const auto now = read_tree(directory, Digests::none);
  if (!now) return now.error();
  std::map<std::string_view, std::string_view> stamps;
  for (std::size_t i = 0; i < before.entries.size(); ++i)
    stamps[before.entries[i].path] = before.stamps[i];
  std::vector<std::string> out;
  for (std::size_t i = 0; i < now->entries.size(); ++i) {
    const auto was = stamps.find(now->entries[i].path);
    if (was == stamps.end() || was->second != now->stamps[i]) out.push_back(now->entries[i].path);
    if (was != stamps.end()) stamps.erase(was);
  }
  for (const auto& [path, stamp] : stamps)
    out.emplace_back(path);
  for (const TreeProblem& problem : now->problems)
    out.push_back(problem.path);
  std::ranges::sort(out);
  return out;
}

std::vector<TreeProblem> differences(const Tree& tree, const std::vector<Entry>& wanted, bool ownerless) {
  constexpr std::size_t most = 10;
  std::vector<TreeProblem> out = tree.problems;
  std::map<std::string_view, const Entry*> there;
  for (const Entry& entry : tree.entries)
    there[entry.path] = &entry;
  for (const Entry& entry : wanted) {
    if (out.size() >= most) return out;
    const auto found = there.find(entry.path);
    const bool is_device = entry.kind == EntryKind::character_device || entry.kind == EntryKind::block_device;
    if (found == there.end()) {
      if (!(ownerless && is_device)) out.push_back({entry.path, "is missing"});
      continue;
    }
    const std::string what = ownerless
                                 ? layers::difference_between(without_rights(*found->second), without_rights(entry))
                                 : layers::difference_between(*found->second, entry);
    if (!what.empty()) out.push_back({entry.path, what});
    there.erase(found);
  }
  for (const auto& [path, entry] : there)
    if (out.size() < most) out.push_back({std::string(path), "is not in the list"});
  return out;
}

}  // namespace ipop::layerfs
