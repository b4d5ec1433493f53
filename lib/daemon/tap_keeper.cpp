#include "daemon/tap_keeper.hpp"

#include <algorithm>

#include "io/netlink.hpp"

namespace ipop::daemon {

namespace {

constexpr Duration first_patience = 1s;
constexpr Duration longest_patience = 1min;

std::string describe(const io::InterfaceState& state, unsigned mtu, bool address_missing) {
  std::string out;
  const auto add = [&](const std::string& what) { out += (out.empty() ? "" : ", ") + what; };
  if (!state.is_up) add("it was down");
  if (state.mtu != mtu) add("its MTU was " + std::to_string(state.mtu));
  if (address_missing) add("its address was gone");
  return out;
}

}  // namespace

TapKeeper::Look TapKeeper::look(TimePoint now, TapAddress* address) {
  Look out;
  const auto state = io::find_interface(index_);
  if (!state) {
    out.again = now + longest_patience;
    return out;
  }
  if (!*state) {
    out.gone = true;
    return out;
  }
  if ((*state)->name != name_) {
    out.log.push_back({LogLevel::info, "interface renamed", {{"interface", (*state)->name}, {"before", name_}}});
    name_ = (*state)->name;
  }
  // Addresses are listed of interfaces that are up.
  const auto addresses = io::list_addresses();
  const bool missing = (*state)->is_up && address != nullptr && addresses && address->is_missing(*addresses);
  const std::string wrong = describe(**state, mtu_, missing);
  if (wrong.empty()) {
    due_.reset();
    return out;
  }
  if (!due_) due_ = now + patience(now);
  out.again = due_;
  if (now < *due_) return out;
  due_.reset();
  mended_ = now;
  out.again = now + first_patience;
  const bool link_is_right = (*state)->is_up && (*state)->mtu == mtu_;
  const auto done = link_is_right ? Result<void>() : io::bring_up(index_, mtu_);
  out.log.push_back({LogLevel::warning,
                     done ? "interface put right" : "interface can't be put right",
                     {{"interface", name_}, {"reason", done ? wrong : wrong + ": " + done.error().message()}}});
  if (missing) {
    const auto lines = address->restore();
    out.log.insert(out.log.end(), lines.begin(), lines.end());
  }
  return out;
}

/// Twice as long as the last time when that was in vain.
Duration TapKeeper::patience(TimePoint now) {
  const bool again = mended_ && now - *mended_ < 2 * longest_patience;
  delay_ = again ? std::min(2 * delay_, longest_patience) : first_patience;
  return delay_;
}

}  // namespace ipop::daemon
