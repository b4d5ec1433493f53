#include "io/directory_changes.hpp"

#include <array>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

namespace ipop::io {

Result<DirectoryChanges> DirectoryChanges::watch(EventLoop& loop, const std::string& directory,
                                                 std::function<void()> handler) {
  UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd) return last_error("watching " + directory);
  if (::inotify_add_watch(fd.get(), directory.c_str(), IN_MOVED_TO | IN_DELETE | IN_ONLYDIR) < 0)
    return last_error("watching " + directory);
  ReadWatch watch(loop, fd.get(), [number = fd.get(), handler = std::move(handler)] {
    std::array<char, 4096> events{};
    while (::read(number, events.data(), events.size()) > 0) {
    }
    handler();
  });
  return DirectoryChanges(std::move(fd), std::move(watch));
}

}  // namespace ipop::io
