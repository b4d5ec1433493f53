#include "daemon/tap_address.hpp"

#include <algorithm>

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

bool TapAddress::is_missing(const std::vector<io::InterfaceAddress>& addresses) const {
  if (!current_) return false;
  return std::ranges::none_of(addresses, [this](const io::InterfaceAddress& entry) {
    const auto* v4 = std::get_if<net::Ipv4Address>(&entry.address);
    return v4 != nullptr && entry.index == index_ && std::pair(*v4, entry.prefix_length) == *current_;
  });
}

std::vector<LogLine> TapAddress::restore() {
  const auto wanted = std::exchange(current_, std::nullopt);
  return wanted ? set(wanted->first, wanted->second) : std::vector<LogLine>();
}

std::vector<LogLine> TapAddress::clear() {
  if (!current_) return {};
  const auto [address, length] = *std::exchange(current_, std::nullopt);
  auto done = io::remove_address(index_, address, length);
  if (done) return {};
  return {{LogLevel::warning, "address not removed", {{"ip", to_string(address)}, {"reason", done.error().message()}}}};
}

}  // namespace ipop::daemon
