#include "node/arrival.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace ipop::node {
namespace {

constexpr std::string_view cut_off_text =
    "no answer from any bootstrap node in 10 s (is UDP blocked, or does an interface take less than 1,280 octets?)";

}  // namespace

void Arrival::handle_entered(TimePoint now) {
  timers_.set(Timer::alone, has_nobody_to_ask() ? now : now + alone_after);
}

void Arrival::handle_left() {
  timers_.clear(Timer::alone);
  is_cut_off_ = false;
  is_ready_ = false;
}

void Arrival::handle_joined() {
  become_ready();
}

void Arrival::handle_bootstrap(TimePoint now, std::vector<net::Endpoint> endpoints) {
  config_.bootstrap = std::move(endpoints);
  look_again(now);
}

void Arrival::handle_local_endpoints(TimePoint now, std::vector<net::Endpoint> endpoints) {
  local_ = std::move(endpoints);
  look_again(now);
}

void Arrival::handle_timeout(TimePoint now) {
  if (!timers_.expire(Timer::alone, now)) return;
  if (may_be_first()) {
    outputs_.push(LogLine{LogLevel::info, "no other member reached: working alone for the time being", {}});
    return become_ready();
  }
  is_cut_off_ = true;
  outputs_.push(LogLine{LogLevel::warning, std::string(cut_off_text), {}});
}

std::string_view Arrival::notice() const {
  return is_cut_off_ ? cut_off_text : std::string_view();
}

bool Arrival::is_ourselves(const net::Endpoint& endpoint) const {
  return std::ranges::find(local_, endpoint) != local_.end();
}

bool Arrival::has_nobody_to_ask() const {
  if (config_.knows_peers) return false;
  const auto ours = [this](const net::Endpoint& endpoint) { return is_ourselves(endpoint); };
  return config_.has_bootstrap ? !config_.bootstrap.empty() && std::ranges::all_of(config_.bootstrap, ours)
                               : config_.bootstrap.empty();
}

bool Arrival::may_be_first() const {
  const auto ours = [this](const net::Endpoint& endpoint) { return is_ourselves(endpoint); };
  return !config_.has_bootstrap || config_.first || std::ranges::any_of(config_.bootstrap, ours);
}

void Arrival::look_again(TimePoint now) {
  const bool is_asking = timers_.is_set(Timer::alone);
  if ((is_asking && has_nobody_to_ask()) || (is_cut_off_ && may_be_first())) timers_.set(Timer::alone, now);
}

void Arrival::become_ready() {
  timers_.clear(Timer::alone);
  is_cut_off_ = false;
  if (!std::exchange(is_ready_, true)) outputs_.push(Ready{});
}

}  // namespace ipop::node
