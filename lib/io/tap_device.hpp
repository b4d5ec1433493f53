#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <sys/uio.h>
#include <vector>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/result.hpp"
#include "io/unique_fd.hpp"
#include "io/uring.hpp"
#include "net/mac_address.hpp"
#include "net/vnet_header.hpp"

namespace ipop::io {

/// Error: std::errc::invalid_argument, with what a name of an interface may be.
Result<void> check_tap_name(const std::string& name);

/// A virtual Ethernet interface whose other end this program holds (Linux TUN/TAP driver).
///
/// It vanishes when it is closed, unless it was made persistent by somebody else before
/// (`ip tuntap add mode tap`): such a one is opened and left behind without what was asked of the kernel for its
/// packets; it stays up, with the MTU that it got.
class TapDevice {
 public:
  struct Options {
    std::string name = "ipop0";  ///< 1 to 15 octets
    std::uint16_t mtu = 1400;    ///< octets of IP packet
    /// Of the kernel's end, for an interface that is made here: a DHCP client that meets the same
    /// address again asks for the same lease.
    std::optional<net::MacAddress> mac{};
    bool offloads = true;  ///< as far as the kernel has them
    bool queues = false;   ///< as many as another() is called for, where the interface has or gets several
    bool uring = true;     ///< many frames in one system call
  };

  /// What the kernel leaves to this program, and takes from it: packets in one piece that are many.
  struct Offloads {
    bool headers = false;    ///< a vnet header stands before each frame
    bool checksums = false;  ///< of what the kernel sends
    bool tcp = false;        ///< large TCP packets, both ways
    bool udp = false;        ///< large UDP packets of the kernel's, and it takes such

    friend bool operator==(const Offloads&, const Offloads&) = default;
  };

  /// True for what can be the name of an interface.
  static bool is_name(const std::string& name);
  /// There is an interface of this name.
  static bool exists(const std::string& name);
  /// Opens it, sets the MTU and brings it up. Errors: std::errc::operation_not_permitted (no right,
  /// with what to do), device_or_resource_busy (another program holds it), invalid_argument (the
  /// interface is no TAP, or the name is bad), no_such_device (the host has no TUN driver).
  static Result<TapDevice> open(const Options& options);
  /// What open() would say, as far as it shows without touching the interface. Errors: as of open().
  static Result<void> check(const Options& options);

  /// The same interface for somebody who reads and writes at the same time: with a queue of its own, among which the
  /// kernel divides the packets by their flows, or without one, for writing only, where the interface has but one.
  /// Errors as of open().
  [[nodiscard]] Result<TapDevice> another() const;
  [[nodiscard]] bool has_queue() const { return has_queue_; }

  TapDevice(TapDevice&&) noexcept;
  TapDevice& operator=(TapDevice&&) noexcept;
  ~TapDevice();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] unsigned index() const { return index_; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Of the kernel's end, when it was opened.
  [[nodiscard]] const net::MacAddress& mac() const { return mac_; }

  /// In use: each falls back by itself, on a kernel or an interface without it.
  [[nodiscard]] const Offloads& offloads() const { return offloads_; }
  [[nodiscard]] bool has_uring() const { return uring_.has_value(); }

  /// The frames that wait, a batch of them in order. Valid until the next call.
  std::span<const net::TapFrame> read();
  /// The last read() took all that there was.
  [[nodiscard]] bool is_drained() const { return is_drained_; }
  /// Hands frames to the kernel; what it does not take is counted and dropped.
  void write(std::span<const Bytes> frames);
  void write(std::span<const net::JoinedFrame> frames);

  /// `tap_read`, `tap_written`, `drop_tap_*`.
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  TapDevice();

  void make_room(bool wants_uring);
  void read_each();
  void read_together();
  void take_frame(std::byte* place, std::size_t size);
  /// The pieces of some frames, each with its vnet header first where the device has one.
  void write_packets(std::span<const std::span<const iovec>> packets);
  [[nodiscard]] bool has_written(int result);

  UniqueFd fd_;
  std::string name_;
  unsigned index_ = 0;
  net::MacAddress mac_{};
  bool stays_ = false;        // was there before
  bool leaves_mark_ = false;  // on an interface that stays
  bool has_queues_ = false;
  bool has_queue_ = true;
  Offloads offloads_;
  std::size_t frame_octets_ = 0;  // room for the largest one, vnet header and all
  std::unique_ptr<std::byte[]> buffer_;
  bool is_drained_ = false;
  std::size_t asked_ = 2;         // frames of the next batch
  std::size_t largest_read_ = 0;  // of the last one, in octets
  std::vector<std::span<std::byte>> places_;
  std::vector<net::TapFrame> frames_;
  std::vector<iovec> pieces_;
  std::vector<std::span<const iovec>> packets_;
  std::vector<std::array<std::byte, net::VnetHeader::size>> headers_;
  std::optional<Uring> uring_;  // after the descriptor that it uses
  Counters counters_;
};

}  // namespace ipop::io
