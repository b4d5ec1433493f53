#include "layerfs/file_copy.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "crypto/digest_stream.hpp"
#include "io/unique_fd.hpp"

namespace ipop::layerfs {
namespace {

constexpr std::size_t block_size = std::size_t{1} << 18U;

Result<void> write_block(int fd, ByteSpan block, std::uint64_t offset) {
  while (!block.empty()) {
    const ssize_t put = ::pwrite(fd, block.data(), block.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return io::last_error("writing");
    block = block.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return {};
}

/// The end of the hole in which `offset` is; `offset` itself where data is, or where nobody can tell.
std::uint64_t end_of_hole(int fd, std::uint64_t offset, std::uint64_t size) {
  const off_t data = ::lseek(fd, static_cast<off_t>(offset), SEEK_DATA);
  if (data < 0) return errno == ENXIO ? size : offset;
  return static_cast<std::uint64_t>(data);
}

void add_zeros(crypto::DigestStream& stream, std::uint64_t count) {
  static const std::vector<std::byte> zeros(block_size);
  for (; count != 0; count -= std::min<std::uint64_t>(count, block_size))
    stream.update(ByteSpan(zeros).first(static_cast<std::size_t>(std::min<std::uint64_t>(count, block_size))));
}

/// Reads `from` to its end, and writes to `to` when that is a descriptor.
Result<FileSum> read_through(int from, int to, std::uint64_t limit) {
  struct stat status {};
  if (::fstat(from, &status) != 0) return io::last_error("reading");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  crypto::DigestStream stream;
  std::vector<std::byte> block(block_size);
  std::uint64_t offset = 0;
  while (true) {
    if (offset > limit || size > limit) return {Errc::too_large, "longer than " + std::to_string(limit) + " octets"};
    if (offset < size) {
      const std::uint64_t next = std::min(end_of_hole(from, offset, size), size);
      add_zeros(stream, next - offset);
      offset = next;
    }
    const ssize_t got = ::pread(from, block.data(), block.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io::last_error("reading");
    if (got == 0) break;
    const ByteSpan octets = ByteSpan(block).first(static_cast<std::size_t>(got));
    stream.update(octets);
    if (to >= 0) {
      if (auto written = write_block(to, octets, offset); !written) return written.error();
    }
    offset += octets.size();
  }
  if (to >= 0 && ::ftruncate(to, static_cast<off_t>(offset)) != 0) return io::last_error("writing");
  return FileSum{offset, stream.finish()};
}

}  // namespace

Result<io::UniqueFd> make_new_file(const std::string& path, mode_t mode) {
  ::unlink(path.c_str());
  io::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return io::last_error("writing " + path);
  return fd;
}

Result<io::UniqueFd> open_regular_file(const std::string& path) {
  // O_NONBLOCK: a FIFO is told from a file before it is waited for.
  io::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return io::last_error("reading " + path);
  if (!S_ISREG(status.st_mode)) return {Errc::malformed, "reading " + path + ": not a regular file"};
  return fd;
}

Result<FileSum> sum_of(int fd) {
  return read_through(fd, -1, ~std::uint64_t{0} >> 1U);
}

Result<FileSum> sum_of_file(const std::string& path) {
  const auto fd = open_regular_file(path);
  if (!fd) return fd.error();
  auto sum = sum_of(fd->get());
  if (!sum) return std::move(sum).error().in("reading " + path);
  return sum;
}

Result<FileSum> copy_octets(int from, int to, std::uint64_t limit) {
  return read_through(from, to, limit);
}

Result<FileSum> copy_file(const std::string& from, const std::string& to, std::uint64_t limit) {
  const auto in = open_regular_file(from);
  if (!in) return in.error();
  const auto out = make_new_file(to, 0644);
  if (!out) return out.error();
  auto sum = copy_octets(in->get(), out->get(), limit);
  if (sum && ::fsync(out->get()) != 0) sum = io::last_error("writing");
  if (sum) return sum;
  ::unlink(to.c_str());
  return std::move(sum).error().in("copying " + from + " to " + to);
}

Result<void> sync_path(const std::string& path) {
  const io::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return io::last_error("syncing " + path);
  return {};
}

Result<void> sync_file_system(const std::string& path) {
  const io::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::syncfs(fd.get()) != 0) return io::last_error("syncing " + path);
  return {};
}

Result<void> exchange_names(const std::string& a, const std::string& b) {
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) != 0)
    return io::last_error("swapping " + a + " and " + b);
  return {};
}

}  // namespace ipop::layerfs
