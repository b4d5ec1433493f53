#include "io/unix_address.hpp"

#include <cstring>
#include <sys/socket.h>

namespace ipop::io {

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(out.sun_path)) {
    return make_error(std::make_error_code(std::errc::filename_too_long),
                      "control socket " + path + ": a path has 1 to " + std::to_string(sizeof(out.sun_path) - 1) +
                          " octets (choose --socket PATH)");
  }
  std::memcpy(out.sun_path, path.data(), path.size());
  return out;
}

}  // namespace ipop::io
