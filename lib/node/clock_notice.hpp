#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/log.hpp"

namespace ipop::node {

/// What a person is told of this machine's clock, by what others' records say of it.
class ClockNotice {
 public:
  /// How far it is ahead of the others'; none: nobody complains. A line for the log when that is news.
  std::optional<LogLine> handle_clock(std::optional<std::chrono::seconds> ahead);
  /// Empty: nobody complains.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace ipop::node
