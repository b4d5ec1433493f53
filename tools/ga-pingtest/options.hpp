#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "cli/exit_status.hpp"
#include "cli/output_options.hpp"
#include "cli/streams.hpp"
#include "node_connection.hpp"

namespace ipop::ga_pingtest {

inline constexpr const char* tool = "ga-pingtest";
inline constexpr const char* log_directory = "/var/log/ga-pingtest";
/// Where members give out their logs: TCP, on the virtual address.
inline constexpr std::uint16_t default_port = 7781;

struct RunPings {
  std::chrono::seconds spread{0};  ///< the run starts within this time, when is drawn by chance
  std::chrono::seconds wait{30};
  unsigned rate = 50;
  std::size_t limit = 10'000;
};
struct ShowReport {
  std::vector<std::string> files{};
  bool collect = false;
  std::chrono::seconds since{0};  ///< before now; zero: all runs
  std::string svg{};              ///< empty: none
  std::size_t worst = 20;
  std::uint16_t port = default_port;
};
struct ServeLog {
  std::uint16_t port = default_port;
};
using Verb = std::variant<RunPings, ShowReport, ServeLog>;

struct Options {
  tools::NodeChoice node{};
  std::string log{};  ///< empty: the group's in log_directory
  cli::OutputOptions output{};
  Verb verb{};
};

/// The command line; a status when there is nothing left to do.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ga_pingtest
