#include "crypto/session_lanes.hpp"

namespace ipop::crypto {
namespace {

// An offer may be lost: it is made again while data goes on coming over the channel itself.
constexpr Duration offer_pause = 1s;
// Data comes so now and then while lanes are in use, and where there are several the peer may know of fewer.
constexpr Duration offer_pause_in_use = 10s;

}  // namespace

std::optional<SessionLanes::Lane> SessionLanes::lend_next() {
  if (lent_ >= wanted()) return std::nullopt;
  const unsigned number = lent_++;
  return Lane{lane_of(receive_at_, number), lane_of(send_to_, number), secret_.keys(number)};
}

std::vector<Spi> SessionLanes::lent() const {
  std::vector<Spi> out;
  for (unsigned number = 0; number < lent_; ++number)
    out.push_back(lane_of(receive_at_, number));
  return out;
}

bool SessionLanes::handle_offer(unsigned count) {
  peer_takes_ = std::max(peer_takes_, count);
  return offered_ < wanted() && (count < wanted() || offered_ != 0);
}

std::optional<Lanes> SessionLanes::to_send_on() const {
  if (peer_takes_ == 0) return std::nullopt;
  return Lanes{receive_at_, peer_takes_};
}

bool LaneOffers::hears(TimePoint now) const {
  return heard_ && now < *heard_ + offer_pause;
}

bool LaneOffers::is_due(TimePoint now, unsigned wanted) const {
  const bool is_heard = hears(now);
  if (is_heard && wanted == 1) return false;
  return !made_ || now >= *made_ + (is_heard ? offer_pause_in_use : offer_pause);
}

}  // namespace ipop::crypto
