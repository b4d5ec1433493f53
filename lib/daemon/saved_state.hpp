#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::daemon {

/// What a node remembers over a restart, beside its key.
struct SavedState {
  std::optional<net::Ipv4Address> address{};  ///< the last lease: asked for again
  std::vector<net::Endpoint> peers{};         ///< direct peers, best first; at most 32
  std::uint16_t port = 0;                     ///< the UDP port; 0: none yet
  friend bool operator==(const SavedState&, const SavedState&) = default;
};

/// The content of state.json.
std::string to_text(const SavedState& state);
/// Unknown fields are skipped. Errors: malformed, unsupported (a newer release's schema).
Result<SavedState> parse_saved_state(std::string_view text);

}  // namespace ipop::daemon
