#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/hash.hpp"

namespace ipop::authority {

/// A request that waits, as an administrator on another machine sees it.
struct WaitingRow {
  crypto::Digest256 key{};
  std::string user{};
  std::string addresses{};  ///< between commas
  std::string source{};
  WallTime at{};
  friend bool operator==(const WaitingRow&, const WaitingRow&) = default;
};
/// One line a request: key, user, addresses, source, time, with tabs between them; control characters become spaces.
std::string encode(const std::vector<WaitingRow>& rows);
/// Error: malformed.
Result<std::vector<WaitingRow>> decode_waiting_rows(std::string_view text);

/// What an administrator says about a request.
struct RemoteDecision {
  crypto::Digest256 key{};
  bool accepts = false;
  std::string reason{};          ///< of a no
  bool another_machine = false;  ///< of a yes: that the user has one already was considered
  friend bool operator==(const RemoteDecision&, const RemoteDecision&) = default;
};
/// `accept KEY`, `accept KEY another-machine` or `deny KEY REASON`.
std::string encode(const RemoteDecision& decision);
/// Error: malformed.
Result<RemoteDecision> decode_remote_decision(std::string_view text);

}  // namespace ipop::authority
