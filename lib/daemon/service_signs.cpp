#include "daemon/service_signs.hpp"

#include <utility>

#include "io/system_clock.hpp"

namespace ipop::daemon {

ServiceSigns::ServiceSigns(io::EventLoop& loop, io::ServiceNotifier notifier)
    : notifier_(std::move(notifier)), timer_(loop, [this] { beat(); }) {
  beat();
}

void ServiceSigns::ready() {
  if (!std::exchange(ready_, true)) notifier_.ready();
}

void ServiceSigns::status(const std::string& text) {
  if (text == status_) return;
  status_ = text;
  notifier_.status(text);
}

void ServiceSigns::stopping() {
  notifier_.stopping();
}

/// Twice in the time that the manager allows (sd_watchdog_enabled(3)).
void ServiceSigns::beat() {
  const auto period = notifier_.watchdog();
  if (!period) return;
  notifier_.alive();
  timer_.arm(io::monotonic_now() + *period / 2);
}

}  // namespace ipop::daemon
