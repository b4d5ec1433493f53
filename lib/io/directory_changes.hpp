#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"
#include "io/event_loop.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// Tells when files of a directory are put in place or removed (inotify(7)).
class DirectoryChanges {
 public:
  /// Calls `handler` after changes from here on, once for those that came together. A file counts when it is
  /// renamed to its place, as write_file_atomically() does; one that is being written does not. Errors: errno
  /// (no_such_file_or_directory).
  static Result<DirectoryChanges> watch(EventLoop& loop, const std::string& directory, std::function<void()> handler);

 private:
  DirectoryChanges(UniqueFd fd, ReadWatch watch) : fd_(std::move(fd)), watch_(std::move(watch)) {}

  UniqueFd fd_;
  ReadWatch watch_;
};

}  // namespace ipop::io
