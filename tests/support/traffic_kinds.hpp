#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace ipop::test_support {

/// What a datagram of a ring is sent for.
enum class TrafficKind : std::uint8_t {
  init,           ///< the first packet of a handshake: most of them open a NAT
  handshake,      ///< the rest of it: cookie, open, frames, confirm
  channel_close,  ///< the end of a channel, and hints
  status,         ///< what the ends of a link tell of themselves, and its acknowledgement
  ping,           ///< ping and pong
  proof,          ///< pings of the size of data, echo and receipt
  link_close,
  revocation,    ///< numbers, requests and pieces of lists
  own_place,     ///< connect-to-me: who is next to me?
  ask_near,      ///< connect-to-me for a near link, and copies of own_place for the neighbours
  ask_shortcut,  ///< connect-to-me for a shortcut
  ask_other,     ///< connect-to-me of other kinds
  answer,        ///< to any connect-to-me
  lease,         ///< DHT: create and put, and their answers
  look_up,       ///< DHT: get and its answer
  hand_over,     ///< DHT: records given to a newcomer, and the receipt
  watch,         ///< DHT: watches
  end_to_end,    ///< channels between members and questions from node to node
  data,          ///< IP packets
  other,
  count_
};
std::string_view to_string(TrafficKind kind);
constexpr std::size_t traffic_kinds = static_cast<std::size_t>(TrafficKind::count_);

/// Reads a datagram of a ring whose channels keep no secret (stand_in_crypto.hpp). A packet of a relayed link counts
/// on each of its two legs as what is in it. Of several payloads in one datagram there is only one: the channel seals
/// each for itself.
TrafficKind kind_of(ByteSpan datagram);

/// Datagrams and octets by kind.
class TrafficCount {
 public:
  struct Sum {
    std::uint64_t datagrams = 0;
    std::uint64_t octets = 0;
  };
  void add(ByteSpan datagram) {
    Sum& sum = sums_[static_cast<std::size_t>(kind_of(datagram))];
    ++sum.datagrams;
    sum.octets += datagram.size();
  }
  [[nodiscard]] const Sum& of(TrafficKind kind) const { return sums_[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] Sum total() const {
    Sum out;
    for (const Sum& sum : sums_) {
      out.datagrams += sum.datagrams;
      out.octets += sum.octets;
    }
    return out;
  }

 private:
  std::array<Sum, traffic_kinds> sums_{};
};

}  // namespace ipop::test_support
