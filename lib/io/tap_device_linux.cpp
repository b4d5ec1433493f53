#include "io/tap_device.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/netlink.hpp"

namespace ipop::io {

namespace {

constexpr std::size_t max_frames = 128;            // one batch; the loop asks again until nothing is left
constexpr std::size_t ethernet_overhead = 14 + 8;  // header, and two VLAN tags that a bridge may leave

ifreq request_for(const std::string& name) {
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), std::min(name.size(), std::size_t{IFNAMSIZ - 1}));
  return request;
}

Error open_error(const std::string& name, bool driver) {
  const int code = errno;
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

/// Sets what the interface has not yet, so that one made ready by root can be used without rights.
Result<void> configure(const std::string& name, const TapDevice::Options& options, bool made_here) {
  const UniqueFd control(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!control) return last_error("TAP interface " + name);
  if (made_here && options.mac) {
    ifreq request = request_for(name);
    request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    std::memcpy(request.ifr_hwaddr.sa_data, options.mac->octets().data(), net::MacAddress::size);
    if (::ioctl(control.get(), SIOCSIFHWADDR, &request) != 0) return open_error(name, false);
  }
  ifreq mtu = request_for(name);
  if (::ioctl(control.get(), SIOCGIFMTU, &mtu) != 0) return open_error(name, false);
  if (mtu.ifr_mtu != options.mtu) {
    mtu.ifr_mtu = options.mtu;
    if (::ioctl(control.get(), SIOCSIFMTU, &mtu) != 0) return open_error(name, false);
  }
  ifreq flags = request_for(name);
  if (::ioctl(control.get(), SIOCGIFFLAGS, &flags) != 0) return open_error(name, false);
  if ((flags.ifr_flags & IFF_UP) == 0) {
    flags.ifr_flags = static_cast<short>(flags.ifr_flags | IFF_UP);
    if (::ioctl(control.get(), SIOCSIFFLAGS, &flags) != 0) return open_error(name, false);
  }
  return {};
}

}  // namespace

TapDevice::TapDevice() = default;
TapDevice::TapDevice(TapDevice&&) noexcept = default;
TapDevice& TapDevice::operator=(TapDevice&&) noexcept = default;
TapDevice::~TapDevice() {
  if (fd_ && leaves_mark_) (void)mark_of_node(index_, false);
}

bool TapDevice::is_name(const std::string& name) {
  return !name.empty() && name.size() < IFNAMSIZ && name.find_first_of("/ :%") == std::string::npos;
}

Result<void> check_tap_name(const std::string& name) {
  if (TapDevice::is_name(name)) return {};
  return make_error(std::make_error_code(std::errc::invalid_argument),
                    "TAP interface \"" + name + "\": a name has 1 to 15 characters, without / : % and spaces");
}

Result<TapDevice> TapDevice::open(const Options& options) {
  if (auto good = check_tap_name(options.name); !good) return std::move(good).error();
  const bool made_here = ::if_nametoindex(options.name.c_str()) == 0;
  TapDevice out;
  out.fd_ = UniqueFd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!out.fd_) return open_error(options.name, true);
  ifreq request = request_for(options.name);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (::ioctl(out.fd_.get(), TUNSETIFF, &request) != 0) return open_error(options.name, false);
  out.name_ = request.ifr_name;
  if (auto done = configure(out.name_, options, made_here); !done) return std::move(done).error();
  out.index_ = ::if_nametoindex(out.name_.c_str());
  // Without rights an interface that root made ready goes unmarked, and is used all the same.
  out.leaves_mark_ = mark_of_node(out.index_, true).has_value() && !made_here;
  out.frame_octets_ = options.mtu + ethernet_overhead;
  out.buffer_.reset(new std::byte[max_frames * out.frame_octets_]);
  return out;
}

std::span<const ByteSpan> TapDevice::read() {
  frames_.clear();
  while (frames_.size() < max_frames) {
    std::byte* place = buffer_.get() + frames_.size() * frame_octets_;
    const ssize_t got = ::read(fd_.get(), place, frame_octets_);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    frames_.emplace_back(place, static_cast<std::size_t>(got));
  }
  if (!frames_.empty()) counters_.add("tap_read", frames_.size());
  return frames_;
}

void TapDevice::write(std::span<const Bytes> frames) {
  std::size_t written = 0;
  for (const Bytes& frame : frames) {
    ssize_t put = -1;
    do {
      put = ::write(fd_.get(), frame.data(), frame.size());
    } while (put < 0 && errno == EINTR);
    if (put >= 0) {
      ++written;
    } else {
      // EIO: somebody took the interface down.
      counters_.add(errno == EAGAIN ? "drop_tap_full" : errno == EIO ? "drop_tap_down" : "drop_tap_refused");
    }
  }
  if (written != 0) counters_.add("tap_written", written);
}

}  // namespace ipop::io
