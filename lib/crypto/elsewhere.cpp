#include "crypto/elsewhere.hpp"

namespace ipop::crypto {
namespace {

// As an attempt's first message: the first answer is awaited for 250 ms, then the question is repeated.
constexpr Duration first_wait = 250ms;
// RFC 9000, 8.2.4: three times the probe time-out; ours of a slow path is a second.
constexpr Duration give_up_after = 3s;

}  // namespace

Elsewhere::Elsewhere(TimePoint now, const Carrier& carrier, Rng& rng)
    : carrier_(carrier), ask_at_(now), wait_(first_wait), give_up_(now + give_up_after) {
  rng.fill(challenge_);
}

bool Elsewhere::asks(TimePoint now, std::size_t octets) {
  if (now < ask_at_) return false;
  ask_at_ = now + wait_;
  wait_ *= 2;
  return allowance_.take(octets);
}

}  // namespace ipop::crypto
