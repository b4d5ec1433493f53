#include "daemon/tap_address.hpp"

#include "io/netlink.hpp"

namespace ipop::daemon {

std::vector<LogLine> TapAddress::set(net::Ipv4Address address, unsigned prefix_length) {
  const std::pair wanted(address, prefix_length);
  if (current_ == wanted) return {};
  auto log = clear();
  if (auto done = io::add_address(index_, address, prefix_length); !done) {
    log.push_back(
        {LogLevel::warning, "address not set", {{"ip", to_string(address)}, {"reason", done.error().message()}}});
    return log;
  }
  current_ = wanted;
  log.push_back({LogLevel::info, "address set", {{"ip", to_string(address)}}});
  return log;
}

std::vector<LogLine> TapAddress::clear() {
  if (!current_) return {};
  const auto [address, length] = *std::exchange(current_, std::nullopt);
  auto done = io::remove_address(index_, address, length);
  if (done) return {};
  return {{LogLevel::warning, "address not removed", {{"ip", to_string(address)}, {"reason", done.error().message()}}}};
}

}  // namespace ipop::daemon
