#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "channel_world.hpp"
#include "crypto/openings.hpp"
#include "crypto/rekeyings.hpp"
#include "support/stand_in_crypto.hpp"

// One of the machines that make keys, alone: what goes in is written by hand, what comes out is read as text.

namespace ipop::crypto::test {

inline NodeId id_of(std::uint8_t number) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = std::byte{number};
  return NodeId(octets);
}

/// All that such a machine needs. Its node is id_of(number), at endpoint(number).
struct Ground {
  explicit Ground(std::uint8_t number, ChannelTable::Limits limits = {})
      : handshakes(id_of(number), number), rng(number), config{id_of(number), {}, limits} {
    basis.set_wall_time(TimePoint{}, wall_at_start);
  }

  test_support::StandInHandshakeFactory handshakes;
  SeededRng rng;
  Counters counters;
  ChannelTable::Config config;
  Basis basis;
  Admission admission{basis, handshakes};
  SpiTable spis{rng};
};

/// "INIT, OPEN": the texts with commas between.
inline std::string list(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts)
    out += (out.empty() ? "" : ", ") + text;
  return out;
}

}  // namespace ipop::crypto::test
