#include "daemon/dns_listener.hpp"

#include <algorithm>
#include <utility>

namespace ipop::daemon {
namespace {

constexpr unsigned connection_bits = 40;  // of a tag; above them stands the generation

}  // namespace

std::optional<std::uint16_t> DnsListener::look(std::optional<net::Ipv4Address> own,
                                               std::span<const io::InterfaceAddress> addresses) {
  const bool is_here = own && std::ranges::any_of(addresses, [&](const io::InterfaceAddress& entry) {
                         const auto* v4 = std::get_if<net::Ipv4Address>(&entry.address);
                         return v4 != nullptr && *v4 == *own;
                       });
  if (!is_here) {
    streams_.reset();
  } else if (!streams_ || streams_->address().ipv4() != own) {
    const std::uint64_t generation = ++generation_;
    auto opened =
        io::DnsStreams::listen(loop_, {*own, 0},
                               {[this, generation](std::uint64_t connection, ByteSpan query) {
                                  on_query_(generation << connection_bits | connection, query);
                                },
                                [server = server_](const net::Endpoint& from) { return from.ipv4() == server; }});
    // A machine that has no port left refuses connections; the next change of an address tries again.
    streams_ = opened ? *std::move(opened) : nullptr;
  }
  return streams_ ? std::optional(streams_->address().port) : std::nullopt;
}

void DnsListener::answer(std::uint64_t tag, ByteSpan message) {
  if (!streams_ || tag >> connection_bits != generation_) return;
  streams_->answer(tag & ((std::uint64_t{1} << connection_bits) - 1), message);
}

}  // namespace ipop::daemon
