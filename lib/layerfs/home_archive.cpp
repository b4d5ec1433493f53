#include "layerfs/home_archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "crypto/digest_stream.hpp"
#include "layerfs/beneath.hpp"
#include "layerfs/file_copy.hpp"
#include "layers/path_text.hpp"

namespace ipop::layerfs {
namespace {

using layers::Entry;
using layers::EntryKind;

constexpr std::size_t read_size = 65'536;

struct ArchiveFree {
  void operator()(archive* one) const { ::archive_free(one); }
  void operator()(archive_entry* one) const { ::archive_entry_free(one); }
};
using ArchivePtr = std::unique_ptr<archive, ArchiveFree>;
using MemberPtr = std::unique_ptr<archive_entry, ArchiveFree>;

Error archive_error(archive* one, std::string_view doing) {
  const char* text = ::archive_error_string(one);
  return make_error(make_error_code(Errc::malformed),
                    std::string(doing) + ": " + layers::shown_path(text == nullptr ? "it is damaged" : text));
}

mode_t type_of(EntryKind kind) {
  switch (kind) {
    case EntryKind::directory: return S_IFDIR;
    case EntryKind::symbolic_link: return S_IFLNK;
    case EntryKind::character_device:
    case EntryKind::whiteout: return S_IFCHR;
    case EntryKind::block_device: return S_IFBLK;
    case EntryKind::fifo: return S_IFIFO;
    default: return S_IFREG;
  }
}

/// Only what has octets: a hole of a terabyte is none on the other side either.
void add_holes(int fd, std::uint64_t size, archive_entry* member) {
  const auto end = static_cast<off_t>(size);
  off_t data = ::lseek(fd, 0, SEEK_DATA);
  if (data == 0 && ::lseek(fd, 0, SEEK_HOLE) >= end) return;
  while (data >= 0 && data < end) {
    const off_t hole = ::lseek(fd, data, SEEK_HOLE);
    if (hole <= data) break;
    ::archive_entry_sparse_add_entry(member, data, hole - data);
    data = ::lseek(fd, hole, SEEK_DATA);
  }
  // All of it is a hole: a piece of no length at its end says so.
  if (::archive_entry_sparse_count(member) == 0 && size != 0) ::archive_entry_sparse_add_entry(member, end, 0);
}

MemberPtr member_of(const Entry& entry, const struct stat& status) {
  MemberPtr member(::archive_entry_new());
  ::archive_entry_set_pathname(member.get(), layers::shown_path(entry.path).c_str());
  ::archive_entry_set_mtime(member.get(), status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  if (entry.kind == EntryKind::hard_link) {
    ::archive_entry_set_hardlink(member.get(), layers::shown_path(entry.target).c_str());
    ::archive_entry_set_filetype(member.get(), AE_IFREG);
    return member;
  }
  ::archive_entry_set_mode(member.get(), type_of(entry.kind) | entry.mode);
  ::archive_entry_set_uid(member.get(), entry.uid);
  ::archive_entry_set_gid(member.get(), entry.gid);
  ::archive_entry_set_size(member.get(), entry.kind == EntryKind::file ? static_cast<std::int64_t>(entry.size) : 0);
  if (entry.kind == EntryKind::symbolic_link)
    ::archive_entry_set_symlink(member.get(), layers::shown_path(entry.target).c_str());
  if (entry.kind == EntryKind::character_device || entry.kind == EntryKind::block_device) {
    ::archive_entry_set_rdevmajor(member.get(), entry.device_major);
    ::archive_entry_set_rdevminor(member.get(), entry.device_minor);
  }
  return member;
}

Result<void> write_octets(archive* out, int fd, const Entry& entry) {
  crypto::DigestStream stream;
  std::vector<std::byte> block(read_size);
  std::uint64_t total = 0;
  while (true) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return path_error("reading", entry.path);
    if (got == 0) break;
    total += static_cast<std::uint64_t>(got);
    if (total > entry.size) break;
    stream.update(ByteSpan(block).first(static_cast<std::size_t>(got)));
    if (::archive_write_data(out, block.data(), static_cast<std::size_t>(got)) < 0)
      return archive_error(out, "writing the archive");
  }
  if (total != entry.size || stream.finish() != entry.digest)
    return {Errc::conflict, layers::shown_path(entry.path) + ": changed while it was read"};
  return {};
}

Result<void> write_member(archive* out, int root, const Entry& entry) {
  const auto place = place_of(root, entry.path);
  struct stat status {};
  if (!place || ::fstatat(place->directory.get(), place->name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return {Errc::conflict, layers::shown_path(entry.path) + ": went away while it was read"};
  const MemberPtr member = member_of(entry, status);
  io::UniqueFd file;
  if (entry.kind == EntryKind::file) {
    auto opened = open_beneath(root, entry.path, O_RDONLY | O_NONBLOCK);
    if (!opened) return std::move(opened).error();
    file = *std::move(opened);
    add_holes(file.get(), entry.size, member.get());
    if (::lseek(file.get(), 0, SEEK_SET) != 0) return path_error("reading", entry.path);
  }
  if (::archive_write_header(out, member.get()) != ARCHIVE_OK) return archive_error(out, "writing the archive");
  return file ? write_octets(out, file.get(), entry) : Result<void>();
}

/// Whether the member is what the manifest has here.
bool is_member_of(archive_entry* member, const Entry& entry) {
  const char* name = ::archive_entry_pathname(member);
  if (name == nullptr) return false;
  std::string_view path(name);
  // A tar's directories end with a slash.
  if (entry.kind == EntryKind::directory && path.ends_with('/')) path.remove_suffix(1);
  if (path != layers::shown_path(entry.path)) return false;
  const char* link = ::archive_entry_hardlink(member);
  if (entry.kind == EntryKind::hard_link) return link != nullptr && layers::shown_path(entry.target) == link;
  if (link != nullptr || ::archive_entry_filetype(member) != type_of(entry.kind)) return false;
  return entry.kind != EntryKind::file || (::archive_entry_size_is_set(member) != 0 &&
                                           ::archive_entry_size(member) == static_cast<std::int64_t>(entry.size));
}

/// The octets that may still be written.
class Budget {
 public:
  explicit Budget(std::uint64_t octets) : left_(octets) {}
  bool take(std::uint64_t octets) {
    if (octets > left_) return false;
    left_ -= octets;
    return true;
  }

 private:
  std::uint64_t left_;
};

Result<void> take_file(archive* in, archive_entry* member, const Entry& entry, const io::UniqueFd& out,
                       Budget& budget) {
  const auto refuse = [&](Errc code, std::string_view what) {
    return make_error(make_error_code(code), layers::shown_path(entry.path) + ": " + std::string(what));
  };
  const void* block = nullptr;
  std::size_t size = 0;
  std::int64_t offset = 0;
  while (true) {
    const int status = ::archive_read_data_block(in, &block, &size, &offset);
    if (status == ARCHIVE_EOF) break;
    if (status != ARCHIVE_OK) return archive_error(in, "reading the archive");
    if (offset < 0 || size > entry.size || static_cast<std::uint64_t>(offset) > entry.size - size)
      return refuse(Errc::malformed, "is longer than the manifest says");
    if (!budget.take(size)) return refuse(Errc::too_large, "here the archive has unpacked to 200 times its size");
    for (std::size_t done = 0; done < size;) {
      const ssize_t put = ::pwrite(out.get(), static_cast<const std::byte*>(block) + done, size - done,
                                   static_cast<off_t>(offset) + static_cast<off_t>(done));
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return path_error("writing", entry.path);
      done += static_cast<std::size_t>(put);
    }
  }
  if (::ftruncate(out.get(), static_cast<off_t>(entry.size)) != 0) return path_error("writing", entry.path);
  const timespec time{::archive_entry_mtime(member), 0};
  const std::array<timespec, 2> times{time, time};
  (void)::futimens(out.get(), times.data());
  return {};
}

}  // namespace

Result<void> write_archive(const std::string& directory, const std::vector<Entry>& entries, int out) {
  const auto root = open_directory(directory);
  if (!root) return root.error();
  const ArchivePtr writer(::archive_write_new());
  if (::archive_write_set_format_pax(writer.get()) != ARCHIVE_OK ||
      ::archive_write_add_filter_zstd(writer.get()) != ARCHIVE_OK ||
      ::archive_write_open_fd(writer.get(), out) != ARCHIVE_OK)
    return archive_error(writer.get(), "writing the archive");
  for (const Entry& entry : entries) {
    if (entry.kind == EntryKind::socket || entry.path == ".") continue;
    if (auto written = write_member(writer.get(), root->get(), entry); !written) return written;
  }
  if (::archive_write_close(writer.get()) != ARCHIVE_OK) return archive_error(writer.get(), "writing the archive");
  return {};
}

Result<void> take_octets(int archive_fd, const std::vector<Entry>& entries, int directory, std::uint64_t most_octets) {
  const ArchivePtr reader(::archive_read_new());
  if (::archive_read_support_filter_zstd(reader.get()) != ARCHIVE_OK ||
      ::archive_read_support_format_tar(reader.get()) != ARCHIVE_OK ||
      ::archive_read_open_fd(reader.get(), archive_fd, read_size) != ARCHIVE_OK)
    return archive_error(reader.get(), "reading the archive");
  Budget budget(most_octets);
  std::size_t number = 0;
  archive_entry* member = nullptr;
  for (const Entry& entry : entries) {
    if (entry.kind == EntryKind::socket || entry.path == ".") continue;
    const int status = ::archive_read_next_header(reader.get(), &member);
    if (status == ARCHIVE_EOF) return {Errc::truncated, "the archive ends before " + layers::shown_path(entry.path)};
    if (status != ARCHIVE_OK) return archive_error(reader.get(), "reading the archive");
    if (!is_member_of(member, entry)) {
      const char* name = ::archive_entry_pathname(member);
      const std::string shown = layers::shown_path(name == nullptr ? "a member without a name" : name);
      const std::string wanted = layers::shown_path(entry.path);
      return {Errc::malformed,
              "the archive has " + (shown == wanted ? "something else at " : shown + " in the place of ") + wanted};
    }
    if (entry.kind != EntryKind::file) continue;
    const io::UniqueFd out(::openat(directory, std::to_string(number++).c_str(),
                                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!out) return path_error("making", entry.path);
    if (auto taken = take_file(reader.get(), member, entry, out, budget); !taken) return taken;
  }
  if (::archive_read_next_header(reader.get(), &member) != ARCHIVE_EOF)
    return {Errc::malformed, "the archive has more than the manifest"};
  return {};
}

MakeFile moving_from(int directory) {
  // Each file is asked for once, in the order of the entries.
  return [directory, number = std::size_t{0}](const Entry& entry, const Place& place) mutable -> Result<void> {
    const std::string name = std::to_string(number++);
    const auto file = open_beneath(directory, name, O_RDONLY | O_NONBLOCK);
    struct stat status {};
    if (!file || ::fstat(file->get(), &status) != 0) return io::last_error("its octets");
    if (!S_ISREG(status.st_mode) || status.st_nlink != 1)
      return {Errc::malformed, "its octets are in no file of their own"};
    const auto sum = sum_of(file->get());
    if (!sum) return sum.error();
    if (sum->size != entry.size || sum->digest != entry.digest)
      return {Errc::bad_checksum, "its octets have another sum than the manifest says"};
    if (::renameat(directory, name.c_str(), place.directory.get(), place.name.c_str()) != 0)
      return io::last_error("moving it to its place");
    return {};
  };
}

}  // namespace ipop::layerfs
