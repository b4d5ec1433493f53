#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "daemon/tap_address.hpp"

namespace ipop::daemon {

/// Keeps a TAP as the node set it up, while others take it down, rename it, give it another MTU or take its
/// address away. It is known by its index, which stays when the name changes.
///
/// What was changed is put right a second later, so that whoever takes an interface down in order to change something
/// gets to do so; from then on ever later, up to a minute, while somebody goes on changing it.
class TapKeeper {
 public:
  TapKeeper(std::string name, unsigned index, unsigned mtu) : name_(std::move(name)), index_(index), mtu_(mtu) {}

  struct Look {
    bool gone = false;                 ///< there is no such interface any more
    std::optional<TimePoint> again{};  ///< when to look next, whatever is heard
    std::vector<LogLine> log{};
  };
  /// `address`: the one that was set on it, if the node sets one.
  Look look(TimePoint now, TapAddress* address);

  /// As it is called at the moment.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  [[nodiscard]] Duration patience(TimePoint now);

  std::string name_;
  unsigned index_;
  unsigned mtu_;
  Duration delay_{};
  std::optional<TimePoint> due_;     // when what is wrong is put right
  std::optional<TimePoint> mended_;  // last
};

}  // namespace ipop::daemon
