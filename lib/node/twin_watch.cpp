#include "node/twin_watch.hpp"

#include <algorithm>
#include <utility>

namespace ipop::node {
namespace {

constexpr std::uint8_t life_claim_version = 1;
constexpr const char* twin_text = "another machine runs with this node's key";

Bytes text_of(const LifeClaim& claim, ByteSpan name_space) {
  Bytes text;
  ByteWriter out(text);
  // A first word of its own keeps a signature of another purpose from serving this one.
  out.write_sized8(as_bytes("ga life claim 1"));
  out.write_sized16(name_space);
  out.write(claim.instance);
  out.write(static_cast<std::uint64_t>(claim.started.seconds));
  out.write(claim.seen);
  return text;
}

}  // namespace

Result<LifeClaim> decode_life_claim(ByteSpan octets) {
  ByteReader in(octets);
  const auto version = in.read<std::uint8_t>();
  LifeClaim claim;
  claim.instance = in.read<std::uint64_t>();
  claim.started = WallTime{static_cast<std::int64_t>(in.read<std::uint64_t>())};
  claim.seen = in.read<std::uint64_t>();
  claim.signature = in.take_array<64>();
  if (!in.ok()) return {Errc::truncated, "life claim"};
  if (version != life_claim_version) return {Errc::unsupported, "version of a life claim"};
  if (!in.done()) return {Errc::malformed, "octets behind a life claim"};
  if (claim.instance == 0 || claim.seen == 0 || claim.instance == claim.seen) {
    return {Errc::malformed, "instances of a life claim"};
  }
  return claim;
}

void encode(const LifeClaim& claim, Bytes& octets) {
  ByteWriter out(octets);
  out.write(life_claim_version);
  out.write(claim.instance);
  out.write(static_cast<std::uint64_t>(claim.started.seconds));
  out.write(claim.seen);
  out.write(ByteSpan(claim.signature));
}

void sign(LifeClaim& claim, ByteSpan name_space, const crypto::PrivateKey& key) {
  claim.signature = key.sign(text_of(claim, name_space));
}

bool is_signed(const LifeClaim& claim, ByteSpan name_space, const crypto::PublicKey& key) {
  return crypto::verify(key, text_of(claim, name_space), claim.signature);
}

void TwinWatch::handle_other(const Moment& moment, const From& from, std::uint64_t instance) {
  if (resting_ || instance == 0 || instance == moment.instance) return;
  if (!paces_.take(moment.now, from.informant)) return counters_.add("drop_twin_pace");
  send_claim(moment, from.channel, instance);
}

void TwinWatch::handle_claim(const Moment& moment, const From& from, ByteSpan octets) {
  if (resting_) return;
  const auto claim = decode_life_claim(octets);
  // One of us, made for an instance of another time, says nothing of this one.
  if (!claim || claim->seen != moment.instance) return counters_.add("drop_twin_claim");
  if (twin_ && twin_->instance == claim->instance) return;
  if (!paces_.take(moment.now, from.informant)) return counters_.add("drop_twin_pace");
  if (!is_signed(*claim, name_space_, key_.public_key())) return counters_.add("drop_twin_forged");

  const bool is_news = !twin_.has_value();
  twin_ = Twin{claim->instance, from.informant, from.observed};
  // Ours may have been lost on its way, or nobody told us to write it.
  send_claim(moment, from.channel, claim->instance);
  const auto age = [](WallTime started, std::uint64_t instance) { return std::pair(started.seconds, instance); };
  if (is_news) log(LogLevel::warning, twin_text);
  if (age(started(moment), moment.instance) > age(claim->started, claim->instance)) return step_back(moment.now);
  timers_.set(Timer::quiet, moment.now + seen_within);
}

void TwinWatch::handle_timeout(TimePoint now) {
  if (timers_.expire(Timer::rest, now)) {
    resting_ = false;
    started_.reset();
    entered_ = now;
    // Each return meets another instance, so that what was heard before says nothing.
    twin_->instance = 0;
    timers_.set(Timer::quiet, now + alone_after);
    outputs_.push(Return{});
  }
  if (timers_.expire(Timer::quiet, now)) {
    twin_.reset();
    rests_ = 0;
    outputs_.push(LogLine{LogLevel::info, "no other machine with this node's key is seen any more", {}});
  }
}

std::string TwinWatch::notice() const {
  if (!twin_) return {};
  std::string out = twin_text;
  if (twin_->observed) out += " (at " + net::to_string(*twin_->observed) + ")";
  if (resting_) return out + ": it was here first, so this one keeps out of the ring, and looks again now and then";
  return out + (rests_ > 0 ? ", or did a moment ago" : ": this one was here first and goes on");
}

void TwinWatch::send_claim(const Moment& moment, crypto::ChannelId channel, std::uint64_t seen) {
  LifeClaim claim{moment.instance, started(moment), seen, {}};
  sign(claim, name_space_, key_);
  Bytes octets;
  encode(claim, octets);
  outputs_.push(SendClaim{channel, std::move(octets)});
}

WallTime TwinWatch::started(const Moment& moment) {
  // From the clock of this moment: the one of the start may not have been set yet.
  if (!started_) started_ = moment.wall - std::chrono::duration_cast<std::chrono::seconds>(moment.now - entered_);
  return *started_;
}

void TwinWatch::step_back(TimePoint now) {
  resting_ = true;
  log(LogLevel::warning, "leaving the ring: the other machine with this node's key was here first");
  const Duration rest = std::min<Duration>(longest_rest, first_rest * (1U << std::min(rests_, 8U)));
  ++rests_;
  // Two that began in one moment shall not come back in one.
  const auto percent = 80 + static_cast<std::int64_t>(rng_.below(41));
  timers_.set(Timer::rest, now + rest * percent / 100);
  timers_.clear(Timer::quiet);
  outputs_.push(StepBack{});
}

void TwinWatch::log(LogLevel level, std::string text) {
  std::vector<std::pair<std::string, std::string>> fields;
  if (twin_->observed) fields.emplace_back("endpoint", net::to_string(*twin_->observed));
  if (!twin_->informant.is_zero()) fields.emplace_back("peer", to_string(twin_->informant));
  outputs_.push(LogLine{level, std::move(text), std::move(fields)});
}

}  // namespace ipop::node
