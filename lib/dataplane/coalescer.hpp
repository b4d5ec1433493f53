#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/ip_fields.hpp"
#include "net/mac_address.hpp"
#include "net/vnet_header.hpp"

namespace ipop::dataplane {

/// Joins consecutive packets of one flow into large ones for the TAP, by the rules of the kernel's GRO, and only so
/// that cutting gives back the very same octets.
///
/// TCP joins TCP: the same addresses, ports, acknowledged number, window, options with their time stamps, type of
/// service (so marks of congestion stay), time to live and fragment bits; sequence and identification go on; the sizes
/// are equal but for the last. PSH, FIN and a shorter payload end a packet; SYN, RST, URG, CWR, IP options and a wrong
/// checksum keep one out. UDP is joined by the same rules where the interface can take it.
class Coalescer {
 public:
  struct Limits {
    bool tcp = true;
    bool udp = false;
  };

  /// `from`: the MAC that the frames come from.
  Coalescer(const net::MacAddress& from, Limits limits) : from_(from), limits_(limits) {}

  /// A whole IPv4 packet. Its octets stay where they are until the frames are written, and may be changed here.
  void add(Octets packet, const net::MacAddress& to);
  /// All that was added, each flow in its order; good until the next call of clear().
  [[nodiscard]] std::span<const net::JoinedFrame> finish();
  /// To call before the octets of the packets go.
  void clear();

 private:
  static constexpr std::uint32_t most_joined = 512;  // writev(2) takes 1024 pieces
  static constexpr std::size_t open_at_once = 8;     // flows that grow beside each other
  static constexpr std::uint32_t none = 0xffffffff;

  struct Joined {
    Octets first{};
    net::MacAddress to{};
    Transport transport{};
    std::size_t segment = 0;  // octets of payload of each packet but the last
    std::size_t total = 0;    // of the packet that all make together
    std::uint32_t count = 1;
    std::uint32_t first_piece = none;  // payloads behind `first`
    std::uint32_t last_piece = none;
    unsigned end_flags = 0;  // PSH and FIN of the last packet
  };
  struct Piece {
    ByteSpan octets{};
    std::uint32_t next = none;
  };

  [[nodiscard]] bool may_begin(ByteSpan packet, const Transport& transport) const;
  [[nodiscard]] bool join_open(Octets packet, const Transport& transport, const net::MacAddress& to);
  [[nodiscard]] static bool is_same_flow(const Joined& joined, ByteSpan packet, const Transport& transport);
  [[nodiscard]] static bool may_join(const Joined& joined, ByteSpan packet, const Transport& transport);
  [[nodiscard]] static bool is_last(const Joined& joined, ByteSpan packet, std::size_t payload);
  void make_frame(Joined& joined);

  net::MacAddress from_;
  Limits limits_;
  std::vector<Joined> joined_;
  std::vector<Piece> pieces_;
  std::vector<std::uint32_t> open_;  // those that may still grow: indexes of joined_, one a flow
  std::vector<ByteSpan> spans_;
  std::vector<net::JoinedFrame> frames_;
};

}  // namespace ipop::dataplane
