#include "node/clock_notice.hpp"

#include <utility>

namespace ipop::node {
namespace {

std::string describe_clock(std::chrono::seconds ahead) {
  using namespace std::chrono;
  const auto off = abs(ahead);
  const bool in_hours = off >= hours(2);
  const auto count = in_hours ? round<hours>(off).count() : round<minutes>(off).count();
  return "this machine's clock is about " + std::to_string(count) + (in_hours ? " hours " : " minutes ") +
         (ahead > seconds(0) ? "ahead of" : "behind") + " the others'";
}

}  // namespace

std::optional<LogLine> ClockNotice::handle_clock(std::optional<std::chrono::seconds> ahead) {
  std::string notice = ahead ? describe_clock(*ahead) : "";
  if (notice == text_) return std::nullopt;
  text_ = std::move(notice);
  if (text_.empty()) return LogLine{LogLevel::info, "this machine's clock is right again", {}};
  return LogLine{LogLevel::warning, text_, {}};
}

}  // namespace ipop::node
