// What TapDevice::open would say.

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

#include "io/netlink.hpp"
#include "io/process.hpp"
#include "io/tap_device.hpp"
#include "io/tap_error.hpp"

namespace ipop::io {

namespace {

bool is_in_group(gid_t group) {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  groups.resize(static_cast<std::size_t>(std::max(0, ::getgroups(static_cast<int>(groups.size()), groups.data()))));
  return group == ::getegid() || std::ranges::find(groups, group) != groups.end();
}

/// Its maker left it to anybody, or to this user (the driver's tun_not_capable).
bool is_left_to_us(const InterfaceState& tap) {
  return tap.owner.value_or(::geteuid()) == ::geteuid() && (!tap.owner_group || is_in_group(*tap.owner_group));
}

}  // namespace

Result<void> TapDevice::check(const Options& options) {
  if (auto good = check_tap_name(options.name); !good) return good;
  const auto found = find_interface(options.name);
  if (!found) return found.error();
  const InterfaceState* before = *found ? &**found : nullptr;
  const auto refused = [&](int code) { return tap_error(options.name, code, false); };
  if (before != nullptr && before->is_multi_queue && before->has_carrier) return refused(EBUSY);
  if (const UniqueFd driver(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)); !driver)
    return tap_error(options.name, errno, true);
  if (before != nullptr && !before->is_tap) return refused(EINVAL);
  const bool has_right = may_administer_network();
  if (before == nullptr) return has_right ? Result<void>() : refused(EPERM);
  if (!has_right && !is_left_to_us(*before)) return refused(EPERM);
  if (before->has_carrier) return refused(EBUSY);
  const bool is_ready = before->is_up && before->mtu == options.mtu;
  return has_right || is_ready ? Result<void>() : refused(EPERM);
}

}  // namespace ipop::io
