#include "crypto/spi_table.hpp"

#include <array>
#include <utility>

namespace ipop::crypto {

SessionId SpiTable::draw() {
  std::array<std::byte, SessionId::size> octets{};
  SessionId own;
  do {
    rng_.fill(octets);
    octets[3] &= std::byte{0xff & ~lane_bits};
    own = SessionId(octets);
  } while (own.spi().value < first_spi || entries_.contains(own.spi()));
  entries_.try_emplace(own.spi());
  return own;
}

void SpiTable::assign(Spi spi, Channel& channel) {
  entries_[spi].channel = &channel;
}

Channel* SpiTable::channel_at(Spi spi) const {
  const auto it = entries_.find(spi);
  return it == entries_.end() ? nullptr : it->second.channel;
}

void SpiTable::release(Spi spi) {
  const auto it = entries_.find(spi);
  if (it == entries_.end()) return;
  parked_ -= it->second.parked.size();
  entries_.erase(it);
}

bool SpiTable::park(Spi spi, ByteSpan packet) {
  const auto it = entries_.find(spi);
  if (it == entries_.end()) return false;
  std::vector<Bytes>& parked = it->second.parked;
  if (parked.size() >= parked_per_spi || parked_ >= parked_in_all || packet.size() > parked_octets) return false;
  parked.push_back(to_bytes(packet));
  ++parked_;
  return true;
}

std::vector<Bytes> SpiTable::take_parked(Spi spi) {
  const auto it = entries_.find(spi);
  if (it == entries_.end()) return {};
  parked_ -= it->second.parked.size();
  return std::exchange(it->second.parked, {});
}

void SpiTable::clear() {
  entries_.clear();
  parked_ = 0;
}

}  // namespace ipop::crypto
