#include "io/file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "io/unique_fd.hpp"

namespace ipop::io {

namespace {

Result<std::string> read_all(const UniqueFd& fd, const std::string& path, std::size_t limit) {
  std::string out;
  std::array<char, 16384> block{};
  while (true) {
    const ssize_t got = ::read(fd.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error("reading " + path);
    if (got == 0) return out;
    out.append(block.data(), static_cast<std::size_t>(got));
    if (out.size() > limit)
      return {Errc::too_large, "reading " + path + ": longer than " + std::to_string(limit) + " octets"};
  }
}

Result<void> write_all(const UniqueFd& fd, const std::string& path, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t put = ::write(fd.get(), octets.data(), octets.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return last_error("writing " + path);
    octets.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// What must never be replaced by a file, /dev/null first of all.
bool is_device_or_pipe(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return false;
  return !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

Result<void> write_and_sync(const UniqueFd& fd, const std::string& path, std::string_view octets, mode_t mode) {
  // mkstemp gives 0600; the mode asked for is set whatever the umask is.
  if (::fchmod(fd.get(), mode) != 0) return last_error("writing " + path);
  if (auto written = write_all(fd, path, octets); !written) return written;
  if (::fsync(fd.get()) != 0) return last_error("writing " + path);
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  // A pipe, as in `<(...)`, is waited for: with O_NONBLOCK its reader fails where the writer has not written yet.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return last_error("reading " + path);
  return read_all(fd, path, limit);
}

Result<std::string> read_secret_file(const std::string& path, std::size_t limit) {
  // O_NONBLOCK: a FIFO in its place must not stop us before fstat tells that it is one.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ELOOP)
    return {Errc::not_authorized, "reading " + path + ": a symbolic link is not accepted here"};
  if (!fd) return last_error("reading " + path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return last_error("reading " + path);
  if (!S_ISREG(status.st_mode)) return {Errc::not_authorized, "reading " + path + ": not a regular file"};
  if (status.st_uid != ::geteuid()) {
    return {Errc::not_authorized, "reading " + path + ": belongs to user " + std::to_string(status.st_uid) +
                                      " (should be " + std::to_string(::geteuid()) + ": chown it)"};
  }
  if ((status.st_mode & 077U) != 0)
    return {Errc::not_authorized, "reading " + path + ": others may read it (run: chmod 600 " + path + ")"};
  return read_all(fd, path, limit);
}

Result<void> write_file_atomically(const std::string& path, std::string_view octets, mode_t mode) {
  if (is_device_or_pipe(path)) {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd) return last_error("writing " + path);
    return write_all(fd, path, octets);
  }
  std::string temporary = path + ".XXXXXX";
  UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return last_error("writing " + path);
  auto written = write_and_sync(fd, path, octets, mode);
  fd.reset();
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = last_error("writing " + path);
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  // The name is safe only when the directory is; a file system that can't do it is no failure.
  const UniqueFd directory(::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) (void)::fsync(directory.get());
  return {};
}

Result<void> rewrite_file(const std::string& path, std::string_view octets) {
  std::error_code unresolved;
  const std::string target = std::filesystem::canonical(path, unresolved).string();
  struct stat status {};
  if (unresolved || ::stat(target.c_str(), &status) != 0) {
    errno = ENOENT;
    return last_error("writing " + path);
  }
  auto written = write_file_atomically(target, octets, status.st_mode & 07777U);
  if (written) return {};
  // A mount point (EBUSY), or a directory that is closed to us: the file itself may be open. Not for a full disk,
  // which would leave half of it.
  const auto& code = written.error().code;
  if (code != std::errc::device_or_resource_busy && code != std::errc::read_only_file_system &&
      code != std::errc::permission_denied && code != std::errc::operation_not_permitted)
    return written;
  const UniqueFd fd(::open(target.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY));
  if (!fd) return last_error("writing " + path);
  return write_all(fd, path, octets);
}

bool may_write_in(const std::string& directory) {
  return ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

Result<void> check_directories(const std::string& path) {
  for (std::size_t end = path.find('/', 1), above = 0;; above = end, end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    struct stat status {};
    if (::stat(part.c_str(), &status) != 0) {
      if (errno != ENOENT) return last_error("making " + part);
      const std::string parent = path.substr(0, above);
      const bool may = may_write_in(!parent.empty() ? parent : part.starts_with('/') ? "/" : ".");
      return may ? Result<void>() : last_error("making " + part);
    }
    if (end != std::string::npos) continue;
    if (S_ISDIR(status.st_mode)) return {};
    errno = ENOTDIR;
    return last_error("making " + part);
  }
}

Result<void> make_directories(const std::string& path, mode_t mode) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (!part.empty() && ::mkdir(part.c_str(), mode) != 0 && errno != EEXIST) return last_error("making " + part);
    if (end == std::string::npos) break;
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return last_error("making " + path);
  if (!S_ISDIR(status.st_mode)) {
    errno = ENOTDIR;
    return last_error("making " + path);
  }
  return {};
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

Result<WallTime> modification_time(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return last_error("reading " + path);
  return WallTime{status.st_mtim.tv_sec};
}

std::string file_stamp(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return std::to_string(found.st_ino) + ' ' + std::to_string(found.st_size) + ' ' +
         std::to_string(found.st_mtim.tv_sec) + '.' + std::to_string(found.st_mtim.tv_nsec);
}

Result<void> remove_file(const std::string& path) {
  if (std::remove(path.c_str()) != 0) return last_error("removing " + path);
  return {};
}

Result<void> check_place(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode)) return {};
  const std::string what = S_ISDIR(status.st_mode) ? "a directory" : "a device or pipe";
  return {Errc::conflict, path + ": " + what + ", not a file"};
}

Result<void> rename_file(const std::string& path, const std::string& to) {
  if (is_device_or_pipe(to)) return check_place(to);
  if (::rename(path.c_str(), to.c_str()) != 0) return last_error("renaming " + path);
  return {};
}

}  // namespace ipop::io
