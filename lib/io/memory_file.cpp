#include "io/memory_file.hpp"

#include <cerrno>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "io/file.hpp"

namespace ipop::io {

Result<MemoryFile> MemoryFile::make(std::string_view octets) {
  MemoryFile out(UniqueFd(::memfd_create("part", MFD_CLOEXEC)));
  if (!out.fd_) return last_error("making a file in memory");
  while (!octets.empty()) {
    const ssize_t put = ::write(out.fd_.get(), octets.data(), octets.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return last_error("writing a file in memory");
    octets.remove_prefix(static_cast<std::size_t>(put));
  }
  return out;
}

std::string MemoryFile::path() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd_.get());
}

Result<std::string> MemoryFile::read(std::size_t limit) const {
  return read_file(path(), limit);
}

}  // namespace ipop::io
