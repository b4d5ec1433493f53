#include "overlay/stranger_watch.hpp"

#include "net/ipv4_prefix.hpp"

namespace ipop::overlay {
namespace {

/// How old a contact may get before it is noted again.
constexpr Duration noted_every = 30s;

/// Inside one site, or one computer: whoever comes from there is no stranger (RFC 1918, 3927, 4193, 6598).
bool is_near_by(const net::Endpoint& endpoint) {
  if (const auto v4 = endpoint.ipv4()) {
    const auto in = [&](net::Ipv4Address network, unsigned length) {
      return net::Ipv4Prefix(network, length).contains(*v4);
    };
    return in({10, 0, 0, 0}, 8) || in({172, 16, 0, 0}, 12) || in({192, 168, 0, 0}, 16) || in({100, 64, 0, 0}, 10) ||
           v4->is_link_local() || v4->is_loopback();
  }
  const auto& v6 = std::get<net::Ipv6Address>(endpoint.address);
  return v6.is_link_local() || v6.is_loopback() || (std::to_integer<unsigned>(v6.octets[0]) & 0xfeU) == 0xfcU;
}

}  // namespace

void StrangerWatch::handle_sent(TimePoint now, const net::Endpoint& to, bool asked) {
  if (latest_ == to && now < latest_at_ + noted_every) return;
  latest_ = to;
  latest_at_ = now;
  const TimePoint* known = contacts_.find(to.address, now);
  if (known == nullptr && !asked) strangers_.put(now, to, {}, now + stranger_lives);
  if (known == nullptr || *known + noted_every <= now) contacts_.put(now, to.address, now, now + contact_lives);
}

bool StrangerWatch::handle_opened(TimePoint now, const net::Endpoint& from) {
  if (got_in_ || is_near_by(from) || strangers_.find(from, now) == nullptr) return false;
  got_in_ = true;
  return true;
}

void StrangerWatch::clear() {
  contacts_.clear();
  strangers_.clear();
  latest_.reset();
  got_in_ = false;
}

}  // namespace ipop::overlay
