#include "layerfs/tree_writer.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "layerfs/beneath.hpp"
#include "layerfs/file_copy.hpp"

namespace ipop::layerfs {
namespace {

using layers::Entry;
using layers::EntryKind;

/// Nobody else opens a file before it is whole and has its own mode.
constexpr mode_t private_mode = 0600;
constexpr mode_t private_directory = 0700;

bool may_chown() {
  return ::geteuid() == 0;
}

Result<void> make_node(const Place& place, const Entry& entry, const MakeFile& make_file) {
  const int directory = place.directory.get();
  const char* name = place.name.c_str();
  int failed = 0;
  switch (entry.kind) {
    case EntryKind::directory: failed = ::mkdirat(directory, name, private_directory); break;
    case EntryKind::symbolic_link: failed = ::symlinkat(entry.target.c_str(), directory, name); break;
    case EntryKind::fifo: failed = ::mknodat(directory, name, S_IFIFO | private_mode, 0); break;
    case EntryKind::socket: failed = ::mknodat(directory, name, S_IFSOCK | private_mode, 0); break;
    case EntryKind::whiteout: failed = ::mknodat(directory, name, S_IFCHR, 0); break;
    case EntryKind::character_device:
    case EntryKind::block_device: {
      if (!may_chown()) return {};
      const mode_t type = entry.kind == EntryKind::block_device ? S_IFBLK : S_IFCHR;
      failed = ::mknodat(directory, name, type | private_mode, makedev(entry.device_major, entry.device_minor));
      break;
    }
    case EntryKind::file: {
      auto made = make_file(entry, place);
      if (!made) return Error(made.error()).in(layers::shown_path(entry.path));
      break;
    }
    case EntryKind::hard_link: break;
  }
  if (failed != 0) return path_error("making", entry.path);
  return {};
}

Result<void> make_link(int root, const Place& place, const Entry& entry) {
  const auto first = place_of(root, entry.target);
  if (!first) return first.error();
  if (::linkat(first->directory.get(), first->name.c_str(), place.directory.get(), place.name.c_str(), 0) != 0) {
    // The device that an ordinary user could not make has no further names either.
    if (errno == ENOENT && !may_chown()) return {};
    return path_error("linking", entry.path);
  }
  return {};
}

/// Owner first: a change of it takes set-uid bits and capabilities away.
Result<void> set_attributes(int root, const Place& place, const Entry& entry) {
  const bool is_root = entry.path == ".";
  const int directory = is_root ? root : place.directory.get();
  const char* name = is_root ? "." : place.name.c_str();
  const bool is_link = entry.kind == EntryKind::symbolic_link;
  if (may_chown() && ::fchownat(directory, name, entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0)
    return path_error("changing the owner of", entry.path);
  const std::string path = is_root ? "/proc/self/fd/" + std::to_string(root) : proc_path(place);
  for (const auto& [key, value] : entry.attributes) {
    if (!may_chown() && !key.starts_with("user.") && !key.starts_with("system.posix_acl_")) continue;
    const int failed = is_root ? ::fsetxattr(root, key.c_str(), value.data(), value.size(), 0)
                               : ::lsetxattr(path.c_str(), key.c_str(), value.data(), value.size(), 0);
    if (failed != 0) return path_error("setting " + key + " of", entry.path);
  }
  if (!is_link && ::fchmodat(directory, name, entry.mode, 0) != 0) {
    // A device that an ordinary user could not make.
    if (errno == ENOENT && !may_chown()) return {};
    return path_error("changing the mode of", entry.path);
  }
  return {};
}

Result<void> set_mark(const std::string& path, const std::string& key, const std::string& value, const Entry& entry) {
  if (::lsetxattr(path.c_str(), key.c_str(), value.data(), value.size(), 0) != 0)
    return path_error("setting " + key + " of", entry.path);
  return {};
}

}  // namespace

MakeFile copying_from(int source) {
  return [source](const Entry& entry, const Place& place) -> Result<void> {
    const auto from = open_beneath(source, entry.path, O_RDONLY | O_NONBLOCK);
    if (!from) return from.error();
    const io::UniqueFd to(::openat(place.directory.get(), place.name.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, private_mode));
    if (!to) return io::last_error("making it");
    const auto sum = copy_octets(from->get(), to.get(), ~std::uint64_t{0} >> 1U);
    if (!sum) return sum.error();
    if (sum->size != entry.size || sum->digest != entry.digest) return {Errc::conflict, "changed while it was read"};
    return {};
  };
}

Result<void> make_empty_file(const Place& place) {
  const io::UniqueFd file(::openat(place.directory.get(), place.name.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, private_mode));
  return file ? Result<void>() : Result<void>(io::last_error("making it"));
}

Result<void> write_tree(int directory, const std::vector<Entry>& entries, const MakeFile& make_file) {
  for (const Entry& entry : entries) {
    if (entry.path == ".") continue;
    const auto place = place_of(directory, entry.path);
    if (!place) return place.error();
    auto made =
        entry.kind == EntryKind::hard_link ? make_link(directory, *place, entry) : make_node(*place, entry, make_file);
    if (!made) return made;
  }
  // From the end, so that a directory that only its owner may write to is whole before it is closed.
  for (std::size_t i = entries.size(); i-- > 0;) {
    const Entry& entry = entries[i];
    if (entry.kind == EntryKind::hard_link || entry.kind == EntryKind::whiteout) continue;
    const auto place = place_of(directory, entry.path);
    if (!place) return place.error();
    if (auto set = set_attributes(directory, *place, entry); !set) return set;
  }
  return {};
}

Result<void> write_marks(int directory, const std::vector<Entry>& entries, Marks marks) {
  for (const Entry& entry : entries) {
    if (!entry.opaque && entry.redirect.empty()) continue;
    const auto place = place_of(directory, entry.path);
    if (!place) return place.error();
    const std::string path = proc_path(*place);
    for (const std::string prefix : {"trusted.overlay.", "user.overlay."}) {
      if (marks == Marks::trusted && prefix.starts_with("user")) continue;
      if (marks == Marks::user && prefix.starts_with("trusted")) continue;
      if (entry.opaque) {
        if (auto set = set_mark(path, prefix + "opaque", "y", entry); !set) return set;
      }
      if (!entry.redirect.empty()) {
        if (auto set = set_mark(path, prefix + "redirect", entry.redirect, entry); !set) return set;
      }
    }
  }
  return {};
}

Result<void> copy_times(const std::string& source, int directory, const std::vector<Entry>& entries) {
  const auto from = open_directory(source);
  if (!from) return from.error();
  for (std::size_t i = entries.size(); i-- > 0;) {
    const auto there = place_of(from->get(), entries[i].path);
    const auto here = place_of(directory, entries[i].path);
    struct stat status {};
    if (!there || !here || ::fstatat(there->directory.get(), there->name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      continue;
    const std::array<timespec, 2> times{status.st_mtim, status.st_mtim};
    if (::utimensat(here->directory.get(), here->name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
      return path_error("setting the time of", entries[i].path);
  }
  return {};
}

Result<void> remove_tree(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::remove_all(directory, error);
  if (error == std::errc::permission_denied) {
    // Overlayfs keeps a directory of its own that nobody may enter, nor its owner if that is an ordinary user. Each is
    // opened before the walk goes into it.
    std::error_code ignored;
    for (fs::recursive_directory_iterator it(directory, fs::directory_options::skip_permission_denied, ignored), end;
         it != end; it.increment(ignored)) {
      if (it->symlink_status(ignored).type() == fs::file_type::directory)
        fs::permissions(it->path(), fs::perms::owner_all, fs::perm_options::add | fs::perm_options::nofollow, ignored);
    }
    error.clear();
    fs::remove_all(directory, error);
  }
  if (error) return make_error(error, "removing " + directory);
  return {};
}

}  // namespace ipop::layerfs
