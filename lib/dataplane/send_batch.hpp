#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "net/datagrams.hpp"

namespace ipop::dataplane {

/// Datagrams that are being made, laid behind one another so that those of one size to one endpoint leave in one call.
class SendBatch {
 public:
  // UDP_SEGMENT's own limits: 64 before Linux 6.9, and 65,507 octets less what headers may take.
  static constexpr std::size_t most_segments = 64;
  static constexpr std::size_t most_octets = 65'000;

  /// Room for the next datagram, until the next call.
  [[nodiscard]] std::byte* make_room(std::size_t octets);
  /// What was written there goes to `to`.
  void add(const net::Endpoint& to, std::size_t octets);
  /// All of it in order; good until the next make_room() or clear().
  [[nodiscard]] std::span<const net::Datagrams> finish();
  void clear();

 private:
  struct Run {
    net::Endpoint to{};
    std::size_t begin = 0;
    std::size_t octets = 0;
    std::size_t segment = 0;
    std::size_t count = 0;
  };

  std::unique_ptr<std::byte[]> octets_;  // not cleared: pages that nothing is written to cost nothing
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::vector<Run> runs_;
  std::vector<net::Datagrams> out_;
};

}  // namespace ipop::dataplane
