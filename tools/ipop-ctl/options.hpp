#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>

#include "cli/exit_status.hpp"
#include "cli/output_options.hpp"
#include "cli/streams.hpp"
#include "node_connection.hpp"

namespace ipop::ipop_ctl {

inline constexpr const char* tool = "ipop-ctl";

struct ShowStatus {};
struct ShowPeers {};
struct ShowMembers {
  std::size_t limit = 1000;
  bool all = false;  ///< and those who were here
};
struct ShowWhy {
  std::string target{};
};
/// Pings a member at its virtual address.
struct PingNode {
  std::string target{};
  std::size_t count = 0;  ///< 0: until it is interrupted
};
struct GetRecord {
  std::string key{};
};
struct PutRecord {
  std::string key{};
  std::string value{};  ///< "-": what stdin holds
  std::chrono::seconds time_to_live{3600};
  bool exclusive = false;
};
struct WatchRecord {
  std::string key{};
  std::optional<std::chrono::seconds> end{};  ///< nothing: until it is interrupted
};
struct WaitForLease {};
struct WaitForPeers {
  std::size_t count = 1;
};
struct FollowEvents {
  std::optional<std::chrono::seconds> end{};  ///< nothing: until it is interrupted
};
struct ShowMetrics {};
struct ShowEndpoints {};
struct ReloadNode {};
struct StopNode {};

using Verb = std::variant<ShowStatus, ShowPeers, ShowMembers, ShowWhy, PingNode, GetRecord, PutRecord, WatchRecord,
                          WaitForLease, WaitForPeers, FollowEvents, ShowMetrics, ShowEndpoints, ReloadNode, StopNode>;

struct Options {
  tools::NodeChoice node{};
  cli::OutputOptions output{};
  Verb verb{};
};

/// The command line; a status when there is nothing left to do.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ipop_ctl
