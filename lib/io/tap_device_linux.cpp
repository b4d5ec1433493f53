#include "io/tap_device.hpp"

#include <algorithm>
#include <array>
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
#include "io/tap_error.hpp"

namespace ipop::io {

namespace {

// One batch: what comes first. The loop asks again until nothing is left.
constexpr std::size_t max_frames = 256;
constexpr std::size_t batch_octets = 384 * 1024;
constexpr std::size_t ethernet_overhead = 14 + 8;  // header, and two VLAN tags that a bridge may leave
constexpr std::size_t largest_packet = 65'535;     // of IPv4, with all its segments
constexpr std::size_t frame_alignment = 64;

// Linux 6.2; the headers of Debian 12 do not name them.
constexpr unsigned offload_udp4 = 0x20;
constexpr unsigned offload_udp6 = 0x40;

constexpr std::size_t rounded(std::size_t octets) {
  return (octets + frame_alignment - 1) / frame_alignment * frame_alignment;
}

ifreq request_for(const std::string& name) {
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), std::min(name.size(), std::size_t{IFNAMSIZ - 1}));
  return request;
}

Error open_error(const std::string& name, bool driver) {
  return tap_error(name, errno, driver);
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

/// A persistent interface keeps what a program before had asked for, also one that was killed.
void refuse_offloads(int fd) {
  (void)::ioctl(fd, TUNSETOFFLOAD, 0UL);
}

/// Asks for most first; the kernel refuses a set of which it does not know a part.
TapDevice::Offloads set_offloads(int fd) {
  struct Set {
    unsigned flags;
    TapDevice::Offloads means;
  };
  constexpr std::array<Set, 4> sets = {{
      {TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN | offload_udp4 | offload_udp6, {true, true, true, true}},
      {TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN, {true, true, true, false}},
      {TUN_F_CSUM | TUN_F_TSO4, {true, true, true, false}},
      {TUN_F_CSUM, {true, true, false, false}},
  }};
  for (const Set& set : sets) {
    if (::ioctl(fd, TUNSETOFFLOAD, static_cast<unsigned long>(set.flags)) == 0) return set.means;
  }
  refuse_offloads(fd);
  return {true, false, false, false};
}

int attach(int fd, ifreq& request, unsigned kind, bool has_queues) {
  request.ifr_flags = static_cast<short>(kind | (has_queues ? IFF_MULTI_QUEUE : 0U));
  return ::ioctl(fd, TUNSETIFF, &request);
}

/// Whether vnet headers of the size that we read and write can be had.
bool can_have_headers(int fd) {
  unsigned features = 0;
  return ::ioctl(fd, TUNGETFEATURES, &features) == 0 && (features & IFF_VNET_HDR) != 0;
}

}  // namespace

TapDevice::TapDevice() = default;
TapDevice::TapDevice(TapDevice&&) noexcept = default;
TapDevice& TapDevice::operator=(TapDevice&&) noexcept = default;
TapDevice::~TapDevice() {
  if (!fd_ || !stays_) return;
  // The next who opens it may not know large packets.
  if (offloads_.headers) refuse_offloads(fd_.get());
  if (leaves_mark_) (void)mark_of_node(index_, false);
}

bool TapDevice::is_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.size() < IFNAMSIZ &&
         name.find_first_of("/ :%") == std::string::npos;
}

bool TapDevice::exists(const std::string& name) {
  return ::if_nametoindex(name.c_str()) != 0;
}

Result<void> check_tap_name(const std::string& name) {
  if (TapDevice::is_name(name)) return {};
  return make_error(
      std::make_error_code(std::errc::invalid_argument),
      "TAP interface \"" + name + "\": a name has 1 to 15 characters, without / : % and spaces, and is not . or ..");
}

Result<TapDevice> TapDevice::open(const Options& options) {
  if (auto good = check_tap_name(options.name); !good) return std::move(good).error();
  const auto before = find_interface(options.name);
  if (!before) return std::move(before).error();
  const bool made_here = !*before;
  const bool was_multi_queue = *before && (*before)->is_multi_queue;
  // The kernel gives queues of such a one to whoever asks, beside the program that holds it.
  if (was_multi_queue && (*before)->has_carrier) {
    errno = EBUSY;
    return open_error(options.name, false);
  }
  TapDevice out;
  out.fd_ = UniqueFd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!out.fd_) return open_error(options.name, true);
  ifreq request = request_for(options.name);
  const bool wants_headers = options.offloads && can_have_headers(out.fd_.get());
  const unsigned kind = IFF_TAP | IFF_NO_PI | (wants_headers ? IFF_VNET_HDR : 0U);
  // What is there already is as whoever made it wanted it.
  out.has_queues_ = options.queues && (made_here || was_multi_queue);
  if (attach(out.fd_.get(), request, kind, out.has_queues_ || was_multi_queue) != 0)
    return open_error(options.name, false);
  if (wants_headers) {
    // Whoever had a persistent one before may have set another size.
    int size = net::VnetHeader::size;
    if (::ioctl(out.fd_.get(), TUNSETVNETHDRSZ, &size) != 0) return open_error(options.name, false);
    out.offloads_ = set_offloads(out.fd_.get());
  } else if (!made_here) {
    refuse_offloads(out.fd_.get());
  }
  out.name_ = request.ifr_name;
  if (auto done = configure(out.name_, options, made_here); !done) return std::move(done).error();
  out.index_ = ::if_nametoindex(out.name_.c_str());
  ifreq hardware = request_for(out.name_);
  if (::ioctl(out.fd_.get(), SIOCGIFHWADDR, &hardware) != 0) return open_error(options.name, false);
  std::array<std::byte, net::MacAddress::size> octets{};
  std::memcpy(octets.data(), hardware.ifr_hwaddr.sa_data, octets.size());
  out.mac_ = net::MacAddress(octets);
  // Without rights an interface that root made ready goes unmarked, and is used all the same.
  out.stays_ = !made_here;
  out.leaves_mark_ = mark_of_node(out.index_, true).has_value() && !made_here;
  const std::size_t header = out.offloads_.headers ? net::VnetHeader::size : 0;
  const std::size_t packet = out.offloads_.tcp ? largest_packet : std::size_t{options.mtu};
  out.frame_octets_ = header + ethernet_overhead + packet;
  out.make_room(options.uring);
  return out;
}

Result<TapDevice> TapDevice::another() const {
  TapDevice out;
  out.name_ = name_;
  out.index_ = index_;
  out.mac_ = mac_;
  out.offloads_ = offloads_;
  out.frame_octets_ = frame_octets_;
  out.has_queues_ = has_queues_;
  out.has_queue_ = has_queues_;
  if (!has_queues_) {
    out.fd_ = UniqueFd(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
    if (!out.fd_) return open_error(name_, false);
    if (has_uring()) out.uring_ = Uring::open(out.fd_.get());
    return out;
  }
  out.fd_ = UniqueFd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!out.fd_) return open_error(name_, true);
  ifreq request = request_for(name_);
  const unsigned kind = IFF_TAP | IFF_NO_PI | (offloads_.headers ? IFF_VNET_HDR : 0U);
  if (attach(out.fd_.get(), request, kind, true) != 0) return open_error(name_, false);
  out.make_room(has_uring());
  return out;
}

/// With a ring each read has a place for the largest frame, of which a small one touches a page.
void TapDevice::make_room(bool wants_uring) {
  if (wants_uring) uring_ = Uring::open(fd_.get());
  const std::size_t place = rounded(frame_octets_);
  const std::size_t octets = uring_ ? place * Uring::max_calls : batch_octets;
  buffer_.reset(new std::byte[octets]);
  if (!uring_) return;
  for (std::size_t i = 0; i < Uring::max_calls; ++i)
    places_.emplace_back(buffer_.get() + i * place, frame_octets_);
}

std::span<const net::TapFrame> TapDevice::read() {
  frames_.clear();
  if (uring_) {
    read_together();
  } else {
    read_each();
  }
  if (!frames_.empty()) counters_.add("tap_read", frames_.size());
  return frames_;
}

void TapDevice::take_frame(std::byte* place, std::size_t size) {
  const std::size_t header = offloads_.headers ? net::VnetHeader::size : 0;
  if (size < header || size == 0) return;
  net::TapFrame& frame = frames_.emplace_back();
  if (header != 0)
    frame.header = net::decode_vnet_header(std::span<const std::byte, net::VnetHeader::size>(place, header));
  frame.octets = {place + header, size - header};
}

void TapDevice::read_each() {
  std::size_t used = 0;
  is_drained_ = false;
  while (frames_.size() < max_frames && used + frame_octets_ <= batch_octets) {
    std::byte* place = buffer_.get() + used;
    const ssize_t got = ::read(fd_.get(), place, frame_octets_);
    if (got < 0 && errno == EINTR) continue;
    is_drained_ = got <= 0;
    if (is_drained_) return;
    take_frame(place, static_cast<std::size_t>(got));
    used += rounded(static_cast<std::size_t>(got));
  }
}

/// As many as the last batch makes expect, and one more, by which the end is seen: each that finds nothing costs a
/// little too. Large frames fewer, so that they are still in the processor's cache when they are sealed.
void TapDevice::read_together() {
  const std::size_t most = std::max<std::size_t>(2, batch_octets / std::max<std::size_t>(largest_read_, 1));
  const std::size_t count = std::min({asked_, most, places_.size()});
  const std::span<const int> results = uring_->read(std::span(places_).first(count));
  if (results.front() == -EOPNOTSUPP) {
    uring_.reset();
    return read_each();
  }
  std::size_t got = 0;
  largest_read_ = 0;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i] <= 0) continue;
    ++got;
    const auto size = static_cast<std::size_t>(results[i]);
    largest_read_ = std::max(largest_read_, size);
    take_frame(places_[i].data(), size);
  }
  is_drained_ = got < count;
  asked_ = is_drained_ ? got + 1 : 2 * count;
  asked_ = std::clamp(asked_, std::size_t{2}, Uring::max_calls);
}

void TapDevice::write(std::span<const Bytes> frames) {
  std::array<std::byte, net::VnetHeader::size> header{};
  const std::size_t header_size = offloads_.headers ? header.size() : 0;
  for (const Bytes& frame : frames) {
    // What writes only reads, but its type is not const.
    const std::array<iovec, 2> pieces = {iovec{header.data(), header_size},
                                         iovec{const_cast<std::byte*>(frame.data()), frame.size()}};
    const std::span<const iovec> packet = pieces;
    write_packets({&packet, 1});
  }
}

void TapDevice::write(std::span<const net::JoinedFrame> frames) {
  const std::size_t header_size = offloads_.headers ? net::VnetHeader::size : 0;
  while (!frames.empty()) {
    const auto batch = frames.first(std::min(frames.size(), Uring::max_calls));
    frames = frames.subspan(batch.size());
    std::size_t count = 0;
    for (const net::JoinedFrame& frame : batch)
      count += 2 + frame.packet.size();
    pieces_.clear();
    pieces_.reserve(count);
    headers_.resize(std::max(headers_.size(), batch.size()));
    packets_.clear();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      net::encode(batch[i].header, headers_[i]);
      const std::size_t first = pieces_.size();
      pieces_.push_back({headers_[i].data(), header_size});
      pieces_.push_back({const_cast<std::byte*>(batch[i].ethernet.data()), batch[i].ethernet.size()});
      for (const ByteSpan piece : batch[i].packet)
        pieces_.push_back({const_cast<std::byte*>(piece.data()), piece.size()});
      packets_.push_back(std::span(pieces_).subspan(first));
    }
    write_packets(packets_);
  }
}

void TapDevice::write_packets(std::span<const std::span<const iovec>> packets) {
  std::size_t written = 0;
  std::span<const int> results;
  if (uring_ && packets.size() > 1) results = uring_->write(packets);
  if (!results.empty() && results.front() != -EOPNOTSUPP) {
    for (const int result : results)
      if (has_written(result)) ++written;
  } else {
    if (!results.empty()) uring_.reset();
    for (const std::span<const iovec> pieces : packets) {
      ssize_t put = -1;
      do {
        put = ::writev(fd_.get(), pieces.data(), static_cast<int>(pieces.size()));
      } while (put < 0 && errno == EINTR);
      if (has_written(put < 0 ? -errno : 0)) ++written;
    }
  }
  if (written != 0) counters_.add("tap_written", written);
}

bool TapDevice::has_written(int result) {
  if (result >= 0) return true;
  // EIO: somebody took the interface down.
  counters_.add(result == -EAGAIN ? "drop_tap_full" : result == -EIO ? "drop_tap_down" : "drop_tap_refused");
  return false;
}

}  // namespace ipop::io
