#pragma once

#include <optional>
#include <string>

#include "io/event_loop.hpp"
#include "io/service_notifier.hpp"

namespace ipop::daemon {

/// What the service manager is told: ready once, a status line when it changes, signs of life.
class ServiceSigns {
 public:
  ServiceSigns(io::EventLoop& loop, io::ServiceNotifier notifier);
  ServiceSigns(const ServiceSigns&) = delete;
  ServiceSigns& operator=(const ServiceSigns&) = delete;
  ~ServiceSigns() = default;

  /// The node does what it is for; only the first call counts.
  void ready();
  void status(const std::string& text);
  void stopping();

 private:
  void beat();

  io::ServiceNotifier notifier_;
  bool ready_ = false;
  std::string status_;
  io::LoopTimer timer_;
};

}  // namespace ipop::daemon
