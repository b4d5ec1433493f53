#include "node/keepsakes.hpp"

#include <utility>

namespace ipop::node {
namespace {

/// Known peers are for the next start: late is good enough.
constexpr Duration save_after = std::chrono::seconds(10);
// 1024 rows are 200 KB; what a killed node forgets are minutes.
constexpr Duration save_history_after = std::chrono::seconds(300);

}  // namespace

Keepsakes::Keepsakes(SaveState state, const std::vector<GoneRow>& history, const WallClock& clock)
    : clock_(clock), state_(std::move(state)), history_(history), saved_history_(history_.rows()) {}

void Keepsakes::handle_link_up(TimePoint now, const Linked& link, bool is_direct) {
  history_.handle_up(clock_.at(now), link.peer, link.address);
  note_change(now, Timer::history);
  if (is_direct) note_change(now, Timer::state);
}

void Keepsakes::handle_link_down(TimePoint now, TimePoint heard, const NodeId& peer, Absence why) {
  // Who is lost was silent for a while before that was sure.
  history_.handle_down(clock_.at(why == Absence::lost ? heard : now), peer, why);
  note_change(now, Timer::history);
}

void Keepsakes::handle_member(TimePoint now, const MemberRow& row) {
  history_.handle_answer(clock_.at(now), row);
  note_change(now, Timer::history);
}

void Keepsakes::handle_peers(std::vector<net::Endpoint> peers, std::optional<net::Ipv4Address> address) {
  timers_.clear(Timer::state);
  if (peers.empty()) peers = state_.peers;
  if (!address) address = state_.address;
  if (peers == state_.peers && address == state_.address) return;
  state_ = {address, std::move(peers)};
  outputs_.push(state_);
}

void Keepsakes::handle_links(TimePoint now, const std::vector<Linked>& links) {
  timers_.clear(Timer::history);
  for (const Linked& link : links)
    history_.handle_up(clock_.at(now), link.peer, link.address);
  auto rows = history_.rows();
  if (rows == saved_history_) return;
  saved_history_ = rows;
  outputs_.push(SaveHistory{std::move(rows)});
}

void Keepsakes::handle_timeout(TimePoint now) {
  if (timers_.expire(Timer::state, now)) outputs_.push(WantPeers{});
  if (timers_.expire(Timer::history, now)) outputs_.push(WantLinks{});
}

void Keepsakes::note_change(TimePoint now, Timer timer) {
  if (!timers_.is_set(timer)) timers_.set(timer, now + (timer == Timer::state ? save_after : save_history_after));
}

}  // namespace ipop::node
