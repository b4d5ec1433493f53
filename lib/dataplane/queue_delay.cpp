#include "dataplane/queue_delay.hpp"

#include <cmath>

namespace ipop::dataplane {
namespace {

constexpr Duration target = 2ms;
constexpr Duration interval = 100ms;
// A delay that comes back this soon is met at the pace that ended it the last time.
constexpr Duration remembered = 16 * interval;

}  // namespace

bool QueueDelay::drops(TimePoint now, Duration waited) {
  // Nothing came for so long that the queue was empty meanwhile.
  const bool began_anew = now - last_ > interval;
  last_ = now;
  if (waited < target || began_anew) {
    too_long_from_.reset();
    is_dropping_ = false;
    return false;
  }
  if (!too_long_from_) too_long_from_ = now + interval;
  if (now < *too_long_from_) return false;
  if (!is_dropping_) {
    is_dropping_ = true;
    const std::uint32_t before = count_ - last_count_;
    count_ = before > 1 && now - next_ < remembered ? before : 1;
    last_count_ = count_;
    drop(now);
    return true;
  }
  if (now < next_) return false;
  ++count_;
  drop(next_);
  return true;
}

/// The square root makes the throughput of TCP fall in a straight line (section 3.3 of the RFC).
void QueueDelay::drop(TimePoint from) {
  next_ = from + Duration(static_cast<Duration::rep>(static_cast<double>(interval.count()) / std::sqrt(count_)));
}

}  // namespace ipop::dataplane
