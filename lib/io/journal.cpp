#include "io/journal.hpp"

#include <array>
#include <cassert>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file_lock.hpp"

namespace ipop::io {

namespace {

constexpr off_t largest_journal = off_t{1} << 30U;

Result<void> put_all(int fd, std::string_view octets, off_t at) {
  while (!octets.empty()) {
    const ssize_t put = ::pwrite(fd, octets.data(), octets.size(), at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return last_error("");
    octets.remove_prefix(static_cast<std::size_t>(put));
    at += put;
  }
  return {};
}

Error wrapped(Error error, const std::string& path) {
  return std::move(error).in("writing " + path);
}

}  // namespace

Result<Journal> Journal::make(const std::string& path, mode_t mode) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return last_error("making " + path);
  if (::fchmod(fd.get(), mode) != 0) return last_error("making " + path);
  return Journal(std::move(fd), path, true);
}

Result<Journal> Journal::open(const std::string& path) {
  bool writable = true;
  // O_NONBLOCK: a FIFO in its place must not stop us before fstat tells that it is one.
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == EROFS) {
    writable = false;
    fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  }
  if (!fd && errno == ELOOP)
    return {Errc::not_authorized, "reading " + path + ": a symbolic link is not accepted here"};
  if (!fd) return last_error("reading " + path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return last_error("reading " + path);
  if (!S_ISREG(status.st_mode)) return {Errc::not_authorized, "reading " + path + ": not a regular file"};
  if (status.st_uid != ::geteuid())
    return {Errc::not_authorized, "reading " + path + ": belongs to user " + std::to_string(status.st_uid) +
                                      " (should be " + std::to_string(::geteuid()) + ": chown it)"};
  if ((status.st_mode & 022U) != 0)
    return {Errc::not_authorized, "reading " + path + ": others may write it (run: chmod 600 " + path + ")"};
  return Journal(std::move(fd), path, writable);
}

Result<Journal::Found> Journal::lock(Duration limit) {
  assert(!locked_);
  const auto alone = lock_alone(fd_.get(), limit);
  if (!alone) return Error(alone.error()).in("locking " + path_);
  if (!*alone)
    return make_error(std::make_error_code(std::errc::timed_out), "locking " + path_ + ": another process has it");
  locked_ = true;
  auto found = read_found();
  if (!found) unlock();
  return found;
}

void Journal::unlock() {
  if (locked_) (void)::flock(fd_.get(), LOCK_UN);
  locked_ = false;
}

bool Journal::is_replaced() const {
  struct stat open {};
  struct stat named {};
  if (::fstat(fd_.get(), &open) != 0 || ::stat(path_.c_str(), &named) != 0) return true;
  return open.st_dev != named.st_dev || open.st_ino != named.st_ino;
}

Result<Journal::Found> Journal::read_found() {
  if (is_replaced()) return {Errc::conflict, "reading " + path_ + ": another file was put in its place"};
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) return last_error("reading " + path_);
  if (status.st_size > largest_journal) return {Errc::too_large, "reading " + path_ + ": longer than 1 GiB"};
  if (status.st_size < end_)
    return {Errc::conflict, "reading " + path_ + ": it became shorter, which nobody may make it"};
  Found found;
  std::array<char, 65'536> block;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by pread
  for (off_t at = end_; at < status.st_size;) {
    const ssize_t got = ::pread(fd_.get(), block.data(), block.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error("reading " + path_);
    if (got == 0) break;
    found.lines.append(block.data(), static_cast<std::size_t>(got));
    at += got;
  }
  const auto last = found.lines.rfind('\n');
  const std::size_t whole = last == std::string::npos ? 0 : last + 1;
  end_ += static_cast<off_t>(whole);
  if (whole == found.lines.size()) return found;
  // With the lock held nobody is about to write the rest of it.
  found.torn = found.lines.substr(whole);
  found.lines.resize(whole);
  if (writable_ && (::ftruncate(fd_.get(), end_) != 0 || ::fsync(fd_.get()) != 0))
    return last_error("mending " + path_);
  return found;
}

Result<void> Journal::append(std::string_view line) {
  assert(locked_);
  if (!writable_) return make_error(std::make_error_code(std::errc::read_only_file_system), "writing " + path_);
  const std::string whole = std::string(line) + '\n';
  auto written = put_all(fd_.get(), whole, end_);
  if (written && ::fsync(fd_.get()) != 0) written = last_error("");
  if (!written) {
    // A disk that took half of a line: the file must end with the line before. If even that fails,
    // the next lock() cuts it off.
    (void)!::ftruncate(fd_.get(), end_);
    return wrapped(std::move(written).error(), path_);
  }
  end_ += static_cast<off_t>(whole.size());
  return {};
}

}  // namespace ipop::io
