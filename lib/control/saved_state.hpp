#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::control {

/// What a node remembers over a restart, beside its key; the content of its state.json.
struct SavedState {
  static constexpr std::size_t max_peers = 32;

  std::optional<net::Ipv4Address> address{};  ///< the last lease: asked for again
  std::vector<net::Endpoint> peers{};         ///< direct peers, best first
  std::uint16_t port = 0;                     ///< the UDP port; 0: none yet
  std::vector<net::Endpoint> dns_servers{};   ///< that the machine had beside the node's own
  friend bool operator==(const SavedState&, const SavedState&) = default;
};

/// JSON with "schema"; peers beyond max_peers are left out.
std::string to_text(const SavedState& state);
/// Unknown fields are skipped. Errors: too_large, malformed, unsupported (a newer release's schema).
Result<SavedState> parse_saved_state(std::string_view text);

}  // namespace ipop::control
