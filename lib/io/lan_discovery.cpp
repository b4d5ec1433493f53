#include "io/lan_discovery.hpp"

#include <algorithm>

namespace ipop::io {

namespace {

constexpr std::string_view magic = "IPLN";
constexpr std::uint8_t version = 1;

// Ours. Joining and leaving a LAN shows at once by the address change; the period only serves those
// whose first announcement was lost.
constexpr Duration period = 60s;
constexpr double spread = 0.2;
constexpr Duration shortest_gap = 1s;
constexpr Duration forget_after = 5min;
constexpr std::size_t max_neighbours = 64;
constexpr unsigned max_reports_a_minute = 16;

}  // namespace

Result<LanAnnouncement> decode_lan_announcement(ByteSpan octets) {
  ByteReader in(octets);
  const ByteSpan start = in.take(magic.size());
  const auto format = in.read<std::uint8_t>();
  LanAnnouncement out;
  out.tag = in.take_array<8>();
  out.instance = in.read<std::uint64_t>();
  out.port = in.read<std::uint16_t>();
  if (!in.ok()) return {Errc::truncated, "LAN announcement"};
  if (as_text(start) != magic) return {Errc::malformed, "LAN announcement"};
  if (format != version) return {Errc::unsupported, "LAN announcement version"};
  if (out.port == 0) return {Errc::malformed, "LAN announcement port"};
  return out;
}

void encode(const LanAnnouncement& announcement, Bytes& out) {
  ByteWriter writer(out);
  writer.write(as_bytes(magic));
  writer.write(version);
  writer.write(ByteSpan(announcement.tag));
  writer.write(announcement.instance);
  writer.write(announcement.port);
}

LanDiscovery::LanDiscovery(const LanAnnouncement::Tag& tag, std::uint16_t port, Rng& rng)
    : own_{tag, rng.next(), port}, rng_(rng) {}

void LanDiscovery::start(TimePoint now) {
  announce_soon(now);
}

void LanDiscovery::handle_address_change(TimePoint now) {
  neighbours_.clear();
  announce_soon(now);
}

void LanDiscovery::handle_datagram(TimePoint now, const net::Endpoint& from, ByteSpan octets) {
  const auto heard = decode_lan_announcement(octets);
  if (!heard) return counters_.add("drop_lan_malformed");
  if (heard->tag != own_.tag) return counters_.add("drop_lan_other_group");
  if (heard->instance == own_.instance) return;
  counters_.add("lan_heard");
  const net::Endpoint endpoint{from.address, heard->port};
  std::erase_if(neighbours_, [&](const auto& entry) { return entry.second + forget_after <= now; });
  if (const auto it = neighbours_.find(endpoint); it != neighbours_.end()) {
    it->second = now;
    return;
  }
  if (neighbours_.size() >= max_neighbours || !may_report(now)) return counters_.add("drop_lan_too_many");
  neighbours_.emplace(endpoint, now);
  outputs_.push(Heard{endpoint});
  announce_soon(now);  // he may have come after our last one
}

void LanDiscovery::handle_timeout(TimePoint now) {
  if (!announce_at_ || *announce_at_ > now) return;
  announced_at_ = now;
  announce_at_ = now + rng_.jitter(period, spread);
  Bytes octets;
  encode(own_, octets);
  outputs_.push(Announce{std::move(octets)});
}

/// At once, but never twice within a second; a little later than asked, so that a crowd that heard one
/// newcomer does not answer in one instant.
void LanDiscovery::announce_soon(TimePoint now) {
  TimePoint when = now + std::chrono::milliseconds(rng_.below(100));
  if (announced_at_) when = std::max(when, *announced_at_ + shortest_gap);
  announce_at_ = announce_at_ ? std::min(*announce_at_, when) : when;
}

bool LanDiscovery::may_report(TimePoint now) {
  if (now - minute_began_ >= 1min) {
    minute_began_ = now;
    reported_in_minute_ = 0;
  }
  return ++reported_in_minute_ <= max_reports_a_minute;
}

}  // namespace ipop::io
