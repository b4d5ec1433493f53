#include "io/tap_error.hpp"

#include <cerrno>

#include "io/unique_fd.hpp"

namespace ipop::io {

Error tap_error(const std::string& name, int code, bool driver) {
  const std::string what = "TAP interface " + name;
  switch (code) {
    case EPERM:
    case EACCES:
      return make_error(std::make_error_code(std::errc::operation_not_permitted),
                        what + " needs root or CAP_NET_ADMIN (or run with --no-tap)");
    case EBUSY:
      return make_error(std::make_error_code(std::errc::device_or_resource_busy),
                        what + " is held by another program (choose another with --tap NAME)");
    case EINVAL:
      return make_error(std::make_error_code(std::errc::invalid_argument),
                        what + " exists and is no TAP (choose another with --tap NAME)");
    default: break;
  }
  if (driver && (code == ENOENT || code == ENODEV || code == ENXIO)) {
    return make_error(std::make_error_code(std::errc::no_such_device),
                      what + ": /dev/net/tun is missing (run: modprobe tun; in a container, pass the device in)");
  }
  errno = code;
  return last_error(what);
}

}  // namespace ipop::io
