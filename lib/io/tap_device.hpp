#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/result.hpp"
#include "io/unique_fd.hpp"
#include "net/mac_address.hpp"

namespace ipop::io {

/// Error: std::errc::invalid_argument, with what a name of an interface may be.
Result<void> check_tap_name(const std::string& name);

/// A virtual Ethernet interface whose other end this program holds (Linux TUN/TAP driver).
///
/// It vanishes when it is closed, unless it was made persistent by somebody else before
/// (`ip tuntap add mode tap`): such a one is opened and left behind as it was found.
class TapDevice {
 public:
  struct Options {
    std::string name = "ipop0";  ///< 1 to 15 octets
    std::uint16_t mtu = 1400;    ///< octets of IP packet
    /// Of the kernel's end, for an interface that is made here: a DHCP client that meets the same
    /// address again asks for the same lease.
    std::optional<net::MacAddress> mac{};
  };

  /// True for what can be the name of an interface.
  static bool is_name(const std::string& name);
  /// Opens it, sets the MTU and brings it up. Errors: std::errc::operation_not_permitted (no right,
  /// with what to do), device_or_resource_busy (another program holds it), invalid_argument (the
  /// interface is no TAP, or the name is bad), no_such_device (the host has no TUN driver).
  static Result<TapDevice> open(const Options& options);

  TapDevice(TapDevice&&) noexcept;
  TapDevice& operator=(TapDevice&&) noexcept;
  ~TapDevice();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] unsigned index() const { return index_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

  /// The frames that wait, at most 128, in order; empty when nothing is left. Valid until the next
  /// call.
  std::span<const ByteSpan> read();
  /// Hands frames to the kernel; what it does not take is counted and dropped.
  void write(std::span<const Bytes> frames);

  /// `tap_read`, `tap_written`, `drop_tap_*`.
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  TapDevice();

  UniqueFd fd_;
  std::string name_;
  unsigned index_ = 0;
  bool leaves_mark_ = false;  // on an interface that stays
  std::size_t frame_octets_ = 0;
  std::unique_ptr<std::byte[]> buffer_;
  std::vector<ByteSpan> frames_;
  Counters counters_;
};

}  // namespace ipop::io
