#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/time.hpp"
#include "io/log_writer.hpp"

namespace ipop::ipop_dhcp {

/// Says in the log that requests were refused: the first for a reason at once, and then once a minute how many, so that
/// an administrator sees it and no member can fill the log.
class RefusalLog {
 public:
  /// `writer` outlives it.
  explicit RefusalLog(io::LogWriter& writer) : writer_(writer) {}

  /// One more. `reason` is not what a member can choose.
  void add(TimePoint now, LogLevel level, const std::string& reason);

 private:
  struct Reason {
    std::uint64_t count = 0;  // since the last line
    TimePoint next{};         // no line before
  };
  static constexpr std::size_t most_reasons = 64;

  io::LogWriter& writer_;
  std::map<std::string, Reason> reasons_;
};

}  // namespace ipop::ipop_dhcp
