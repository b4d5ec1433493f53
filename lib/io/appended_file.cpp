#include "io/appended_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ipop::io {
namespace {

constexpr mode_t everybody_reads = 0644;
// Another process may take the file away between our opening and locking it, again and again.
constexpr int most_attempts = 4;

Error writing(const std::string& path) {
  return last_error("writing " + path);
}

}  // namespace

Result<AppendedFile> AppendedFile::open_once(const std::string& path) {
  // O_NONBLOCK: a FIFO in its place must not stop us before fstat tells that it is one.
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, everybody_reads));
  if (!fd && errno == ELOOP)
    return {Errc::not_authorized, "writing " + path + ": a symbolic link is not accepted here"};
  if (!fd) return writing(path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return writing(path);
  if (S_ISCHR(status.st_mode)) return AppendedFile(std::move(fd), path, false);
  if (!S_ISREG(status.st_mode)) return {Errc::not_authorized, "writing " + path + ": not a regular file"};
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return writing(path);
    return make_error(std::make_error_code(std::errc::device_or_resource_busy), path + ": another process has it");
  }
  return AppendedFile(std::move(fd), path, true);
}

Result<AppendedFile> AppendedFile::open(const std::string& path, std::uint64_t limit) {
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    auto file = open_once(path);
    if (!file || !file->regular_) return file;
    struct stat ours {};
    struct stat named {};
    if (::fstat(file->fd_.get(), &ours) != 0) return writing(path);
    // Who locked it before may have put another file in its place.
    if (::stat(path.c_str(), &named) != 0 || named.st_ino != ours.st_ino || named.st_dev != ours.st_dev) continue;
    if (static_cast<std::uint64_t>(ours.st_size) <= limit) return file;
    if (::rename(path.c_str(), (path + ".1").c_str()) != 0) return writing(path);
  }
  return make_error(std::make_error_code(std::errc::device_or_resource_busy), path + ": another process changes it");
}

Result<void> AppendedFile::append(std::string_view text) {
  struct stat before {};
  if (::fstat(fd_.get(), &before) != 0) return writing(path_);
  std::string whole;
  if (regular_ && before.st_size > 0) {
    char last = '\n';
    if (::pread(fd_.get(), &last, 1, before.st_size - 1) != 1) return writing(path_);
    // A line that a loss of power cut off must not take the next one with it.
    if (last != '\n') whole.push_back('\n');
  }
  whole += text;
  ssize_t put = -1;
  do {
    put = ::write(fd_.get(), whole.data(), whole.size());
  } while (put < 0 && errno == EINTR);
  if (put == static_cast<ssize_t>(whole.size())) return {};
  Error error =
      put < 0 ? writing(path_) : make_error(std::make_error_code(std::errc::no_space_on_device), "writing " + path_);
  if (regular_ && ::ftruncate(fd_.get(), before.st_size) != 0) return writing(path_);
  return error;
}

Result<std::string> read_end_of_file(const std::string& path, std::uint64_t limit) {
  const auto reading = [&] { return last_error("reading " + path); };
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return reading();
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return reading();
  if (S_ISDIR(status.st_mode)) return make_error(std::make_error_code(std::errc::is_a_directory), "reading " + path);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::uint64_t from = size > limit ? size - limit : 0;
  std::string out(static_cast<std::size_t>(size - from), '\0');
  std::size_t have = 0;
  while (have < out.size()) {
    const ssize_t got = ::pread(fd.get(), out.data() + have, out.size() - have, static_cast<off_t>(from + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return reading();
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  if (from > 0) {
    const auto line_end = out.find('\n');
    out.erase(0, line_end == std::string::npos ? out.size() : line_end + 1);
  }
  return out;
}

}  // namespace ipop::io
