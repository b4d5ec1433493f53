#include "node/twin_watch.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ipop::node {
namespace {

constexpr std::uint8_t sign_version = 1;

}  // namespace

void encode(const LifeSign& sign, Bytes& out) {
  ByteWriter writer(out);
  writer.write(sign_version);
  writer.write(sign.instance);
  writer.write(static_cast<std::uint64_t>(sign.started.seconds));
  writer.write(sign.seen);
}

Result<LifeSign> decode_life_sign(ByteSpan octets) {
  ByteReader in(octets);
  const auto version = in.read<std::uint8_t>();
  LifeSign out;
  out.instance = in.read<std::uint64_t>();
  out.started.seconds = static_cast<std::int64_t>(in.read<std::uint64_t>());
  out.seen = in.read<std::uint64_t>();
  if (!in.ok()) return {Errc::truncated, "life sign"};
  if (version != sign_version) return {Errc::unsupported, "version of a life sign"};
  if (in.remaining() != 0 || out.instance == 0) return {Errc::malformed, "life sign"};
  return out;
}

std::uint64_t TwinWatch::new_instance() {
  return std::max<std::uint64_t>(rng_.next(), 1);
}

void TwinWatch::handle_joined(TimePoint now, WallTime wall) {
  if (is_resting()) return;
  if (!started_) started_ = wall;
  const bool first = !std::exchange(joined_, true);
  if (first && on_trial_) trial_ends_ = now + proves_for;
  if (first && !on_trial_) outputs_.push(GoOn{});
  if (first) look_soon(now);
}

void TwinWatch::look_soon(TimePoint now) {
  pause_ = look_first;
  look_at_ = now;
  handle_timeout(now);
}

void TwinWatch::handle_hint(TimePoint now) {
  if (!joined_ || asked_) return;
  look_at_ = std::max(now, looked_at_ + look_least);
  handle_timeout(now);
}

void TwinWatch::handle_suspend(TimePoint now) {
  instance_ = new_instance();
  if (!joined_) return;
  write(now);
  look_soon(now);
}

void TwinWatch::handle_signs(TimePoint now, bool is_whole, const std::vector<Value>& values) {
  asked_ = false;
  if (!joined_) return;
  bool is_ours = false;
  std::optional<LifeSign> other;
  for (const Value& value : values) {
    highest_ = std::max(highest_, value.sequence);
    const auto sign = decode_life_sign(value.octets);
    if (!sign) continue;
    is_ours = is_ours || sign->instance == instance_;
    if (sign->instance != instance_) other = *sign;
  }
  if (other) {
    take_other(now, *other);
  } else if (!is_ours && is_whole) {
    write(now);
  }
}

void TwinWatch::take_other(TimePoint now, const LifeSign& other) {
  const bool is_proof = other.seen == instance_;
  if (other.instance != seen_) look_soon(now);
  seen_ = other.instance;
  // In any case: it is how the other one learns of us.
  write(now);
  if (!is_proof) return;
  const bool is_elder = std::tie(*started_, instance_) < std::tie(other.started, other.instance);
  if (!told_until_) outputs_.push(Found{!is_elder});
  told_until_ = now + told_for;
  // What was written must arrive before the links end.
  if (!is_elder && !leaves_at_) leaves_at_ = now + leaves_after;
}

void TwinWatch::step_back(TimePoint now) {
  outputs_.push(StepBack{});
  instance_ = new_instance();  // what the elder has seen proves nothing of the time after
  joined_ = false;
  asked_ = false;
  on_trial_ = true;
  seen_ = 0;
  look_at_.reset();
  write_at_.reset();
  trial_ends_.reset();
  leaves_at_.reset();
  rests_until_ = now + rng_.jitter(rest_, 0.2);
  rest_ = std::min<Duration>(2 * rest_, rest_longest);
  told_until_ = *rests_until_ + told_for;
}

void TwinWatch::write(TimePoint now) {
  Put put;
  put.above = highest_++;
  encode(LifeSign{instance_, *started_, seen_}, put.sign);
  outputs_.push(std::move(put));
  write_at_ = now + rng_.jitter(write_every, 0.2);
}

void TwinWatch::handle_timeout(TimePoint now) {
  if (rests_until_ && *rests_until_ <= now) {
    rests_until_.reset();
    outputs_.push(Return{});
  }
  if (leaves_at_ && *leaves_at_ <= now) step_back(now);
  if (write_at_ && *write_at_ <= now) write(now);
  if (trial_ends_ && *trial_ends_ <= now && !leaves_at_) {
    trial_ends_.reset();
    on_trial_ = false;
    rest_ = rest_first;
    told_until_ = now;
    outputs_.push(GoOn{});
  }
  if (told_until_ && *told_until_ <= now && !is_resting()) {
    told_until_.reset();
    outputs_.push(Gone{});
  }
  if (look_at_ && *look_at_ <= now && joined_ && !asked_) {
    asked_ = true;
    looked_at_ = now;
    look_at_ = now + rng_.jitter(pause_, 0.2);
    pause_ = std::min<Duration>(2 * pause_, look_longest);
    outputs_.push(Get{});
  }
}

std::string TwinWatch::notice() const {
  if (!told_until_) return {};
  const std::string what = "another machine runs with this node's key";
  return is_resting() || on_trial_ ? what + ", and started first: this one waits until it is gone" : what;
}

std::optional<TimePoint> TwinWatch::poll_timeout() const {
  auto next = earliest(earliest(rests_until_, leaves_at_), write_at_);
  if (!leaves_at_) next = earliest(next, trial_ends_);
  if (!is_resting()) next = earliest(next, told_until_);
  if (joined_ && !asked_) next = earliest(next, look_at_);
  return next;
}

}  // namespace ipop::node
