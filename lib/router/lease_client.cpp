#include "router/lease_client.hpp"

#include <algorithm>

#include "router/lease_record.hpp"

namespace ipop::router {
namespace {

// RFC 2131, 4.1: 4 s, doubled up to 64 s; the first is quicker, since a server may just be starting.
constexpr Duration first_pause = 1s;
constexpr Duration longest_pause = 64s;
// As long as a person waits before he looks what is wrong.
constexpr Duration patience = 30s;
// The ring's rival ends, or its keeper sees the later grant, within seconds.
constexpr Duration taken_pause = 5s;

}  // namespace

LeaseClient::LeaseClient(Config config, const crypto::PrivateKey& key, const WallClock& clock, Rng& rng)
    : config_(std::move(config)), key_(key), clock_(clock), rng_(rng), pause_(first_pause) {}

void LeaseClient::handle_clock_set(TimePoint now) {
  if (!grant_) return;
  // What is left is counted anew.
  const auto left = std::max(grant_->expires - clock_.at(now), std::chrono::seconds(0));
  timers_.set(Timer::end, now + left);
  if (!asking_ && timers_.is_set(Timer::ask))
    timers_.set(Timer::ask, now + std::min<Duration>(left / 2, longest_pause));
}

void LeaseClient::start(TimePoint now, std::optional<net::Ipv4Address> wish) {
  if (started_ || !clock_.is_set()) return;
  started_ = true;
  wish_ = wish;
  timers_.set(Timer::unheard, now + patience);
  ask(now);
}

void LeaseClient::ask(TimePoint now) {
  timers_.clear(Timer::ask);
  asking_ = true;
  leasing::LeaseRequest request;
  const bool renews = grant_ && !renewal_refused_ && (!wish_ || *wish_ == grant_->address);
  request.action = renews ? leasing::LeaseAction::renew : leasing::LeaseAction::obtain;
  request.name_space = config_.name_space;
  request.node = config_.self;
  last_sequence_ = next_sequence(last_sequence_, clock_.at(now));
  request.sequence = last_sequence_;
  request.address = wish_ ? wish_ : grant_ ? std::optional(grant_->address) : std::nullopt;
  request.host_name = config_.host_name;
  request.certificate = config_.certificate;
  leasing::sign(request, key_);
  outputs_.push(Ask{encode(request)});
}

void LeaseClient::handle_answer(TimePoint now, ByteSpan octets) {
  if (!asking_) return;
  const auto grant = leasing::decode_lease_grant(octets);
  if (!grant) return fail(now, "the answer has no grant: " + grant.error().message());
  if (const auto good = leasing::check(*grant, config_.name_space, config_.server); !good)
    return fail(now, "the grant is not the group's server's: " + good.error().message());
  if (grant->node != config_.self || !config_.prefix.contains(grant->address))
    return fail(now, "the grant is for another node or network");
  const WallTime wall = clock_.at(now);
  if (grant->expires <= wall) return fail(now, "the grant has ended already: is this machine's clock right?");
  if (grant_ && grant->issued < grant_->issued) return fail(now, "the grant is older than the one before");
  asking_ = false;
  renewal_refused_ = false;
  pause_ = first_pause;
  failure_.clear();
  grant_ = *grant;
  wish_.reset();
  const Duration left = grant->expires - wall;
  timers_.clear(Timer::unheard);
  timers_.set(Timer::end, now + left);
  timers_.set(Timer::ask, now + rng_.jitter(left / 2, 0.1));
  outputs_.push(Granted{*grant});
}

void LeaseClient::handle_failure(TimePoint now, std::string why) {
  if (asking_) fail(now, std::move(why));
}

void LeaseClient::fail(TimePoint now, std::string why) {
  asking_ = false;
  renewal_refused_ = true;  // the lease may be gone there: it is asked for as a new one
  if (why != failure_) outputs_.push(LogLine{LogLevel::warning, "no lease from the server", {{"reason", why}}});
  failure_ = std::move(why);
  retry(now);
}

void LeaseClient::retry(TimePoint now) {
  timers_.set(Timer::ask, now + rng_.jitter(pause_, 0.25));
  pause_ = std::min(pause_ * 2, longest_pause);
}

void LeaseClient::handle_taken(TimePoint now) {
  if (!started_ || asking_) return;
  timers_.set(Timer::ask, now + taken_pause);
}

void LeaseClient::handle_timeout(TimePoint now) {
  if (timers_.expire(Timer::end, now)) {
    wish_ = grant_->address;
    grant_.reset();
    timers_.set(Timer::unheard, now);
  }
  if (timers_.expire(Timer::unheard, now) && !grant_) outputs_.push(Unheard{});
  if (timers_.expire(Timer::ask, now) && !asking_) ask(now);
}

std::optional<std::string> LeaseClient::notice() const {
  if (failure_.empty()) return std::nullopt;
  return "the lease server gave no lease: " + failure_;
}

}  // namespace ipop::router
