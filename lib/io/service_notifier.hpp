#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// Tells the service manager how the service is (the protocol of sd_notify(3)); does nothing where no
/// manager asked for it.
class ServiceNotifier {
 public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  static ServiceNotifier from_environment();
  /// For tests. `address` is a path, or `@name` for an abstract socket.
  explicit ServiceNotifier(std::string address, std::optional<Duration> watchdog = {});

  [[nodiscard]] bool is_active() const { return !address_.empty(); }
  /// How often the manager expects a sign of life at the latest; none: never.
  [[nodiscard]] std::optional<Duration> watchdog() const { return watchdog_; }

  void ready() const { send("READY=1"); }
  void stopping() const { send("STOPPING=1"); }
  void alive() const { send("WATCHDOG=1"); }
  /// One line, shown by `systemctl status`.
  void status(std::string_view text) const;

 private:
  void send(std::string_view message) const;

  std::string address_;
  std::optional<Duration> watchdog_;
  UniqueFd socket_;
};

}  // namespace ipop::io
