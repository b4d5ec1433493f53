#include "refusal_log.hpp"

namespace ipop::ipop_dhcp {
namespace {

constexpr Duration between_lines = std::chrono::minutes(1);

}  // namespace

void RefusalLog::add(TimePoint now, LogLevel level, const std::string& reason) {
  if (reasons_.size() >= most_reasons && !reasons_.contains(reason)) return;
  Reason& seen = reasons_[reason];
  ++seen.count;
  if (now < seen.next) return;
  writer_.write(now, {level, "refused", {{"reason", reason}, {"count", std::to_string(seen.count)}}});
  seen = {0, now + between_lines};
}

}  // namespace ipop::ipop_dhcp
