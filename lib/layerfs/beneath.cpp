#include "layerfs/beneath.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "layers/entry.hpp"
#include "layers/path_text.hpp"

namespace ipop::layerfs {

Result<io::UniqueFd> open_directory(const std::string& path) {
  io::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return io::last_error("opening " + path);
  return fd;
}

Result<io::UniqueFd> open_beneath(int directory, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags) | static_cast<unsigned>(O_CLOEXEC));
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  io::UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof(how))));
  if (!fd) return path_error("opening", path);
  return fd;
}

Result<Place> place_of(int directory, const std::string& path) {
  const std::string parent(layers::parent_of(path));
  auto opened = open_beneath(directory, parent.empty() ? "." : parent, O_PATH | O_DIRECTORY);
  if (!opened) return std::move(opened).error();
  return Place{*std::move(opened), parent.empty() ? path : path.substr(parent.size() + 1)};
}

std::string proc_path(const Place& place) {
  return "/proc/self/fd/" + std::to_string(place.directory.get()) + '/' + place.name;
}

Error path_error(const std::string& doing, const std::string& path) {
  return io::last_error(doing + ' ' + layers::shown_path(path));
}

}  // namespace ipop::layerfs
