#include "io/unique_fd.hpp"

#include <cerrno>
#include <unistd.h>

namespace ipop::io {

void UniqueFd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Error last_error(std::string context) {
  const int code = errno;
  return make_error(std::error_code(code, std::generic_category()), std::move(context));
}

}  // namespace ipop::io
