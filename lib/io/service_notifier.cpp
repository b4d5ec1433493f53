#include "io/service_notifier.hpp"

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.hpp"

namespace ipop::io {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::optional<std::int64_t> parse_number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

}  // namespace

ServiceNotifier ServiceNotifier::from_environment() {
  std::optional<Duration> watchdog;
  const auto pid = parse_number(environment("WATCHDOG_PID"));
  if (const auto period = parse_number(environment("WATCHDOG_USEC")); period && (!pid || *pid == ::getpid()))
    watchdog = std::chrono::microseconds(*period);
  return ServiceNotifier(environment("NOTIFY_SOCKET"), watchdog);
}

ServiceNotifier::ServiceNotifier(std::string address, std::optional<Duration> watchdog)
    : address_(std::move(address)), watchdog_(watchdog) {
  const bool usable = address_.size() > 1 && (address_[0] == '/' || address_[0] == '@') &&
                      address_.size() < sizeof(sockaddr_un::sun_path);
  if (!usable) address_.clear();
  if (!address_.empty()) socket_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) address_.clear();
  if (address_.empty()) watchdog_.reset();
}

void ServiceNotifier::status(std::string_view text) const {
  send("STATUS=" + escape_text(text));
}

void ServiceNotifier::send(std::string_view message) const {
  if (address_.empty()) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (address_[0] == '@') to.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  (void)::sendto(socket_.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&to), length);
}

}  // namespace ipop::io
