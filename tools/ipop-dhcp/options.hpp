#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/group_files.hpp"
#include "base/time.hpp"
#include "cli/exit_status.hpp"
#include "cli/output_options.hpp"
#include "cli/streams.hpp"
#include "cli/typed_command.hpp"
#include "leasebook/lease_book.hpp"
#include "leasing/address_plan.hpp"
#include "net/endpoint.hpp"

namespace ipop::ipop_dhcp {

inline constexpr const char* tool = "ipop-dhcp";
inline constexpr std::uint16_t default_port = 8067;

struct Serve {
  std::vector<net::Endpoint> listen{};  ///< empty: every address of this machine, default_port
  std::string certificate{};            ///< PEM files; both or none
  std::string key{};
};
struct ListLeases {
  bool all = false;  ///< also those that have ended
  net::Ipv4Address after{};
  std::size_t limit = 1000;
};
struct ShowLease {
  std::string what{};  ///< address, node id, host name or user
};
struct Reserve {
  net::Ipv4Address address{};
  leasebook::Reservation::Kind kind = leasebook::Reservation::Kind::node;
  std::string whom{};
  std::string note{};
  bool end = false;
};
struct Release {
  net::Ipv4Address address{};
};
struct Import {
  std::string file{};  ///< - is stdin
  bool from_dht = false;
  bool dry_run = false;
};
struct Export {
  bool csv = false;
};
/// What is given replaces what the plan says; nothing given shows it.
struct Configure {
  std::optional<net::Ipv4Prefix> prefix{};
  std::optional<std::vector<leasing::AddressRange>> ranges{};
  std::optional<std::vector<leasing::AddressRange>> excluded{};
  std::optional<std::chrono::seconds> lease_time{};
  std::optional<std::uint16_t> mtu{};
  std::optional<std::uint32_t> quota{};
  std::optional<bool> takes_unsigned{};
};
struct History {
  net::Ipv4Address address{};
  std::optional<WallTime> at{};
};
/// Follows the book of another server.
struct Follow {
  std::string url{};
  std::string server_key{};  ///< fingerprint of the first server's key; empty: the one that it shows first
  bool once = false;         ///< until level with it
};
/// Carries a node's signed request to a server: what ipop-node runs.
struct AskServer {
  std::string url{};
  std::string request{};  ///< an encoded LeaseRequest in base64
};
struct Promote {};
struct Check {};

using Verb = std::variant<Serve, ListLeases, ShowLease, Reserve, Release, Import, Export, Configure, History, Follow,
                          Promote, Check, AskServer>;

struct Options {
  std::string directory = "/var/lib/ga/dhcp";  ///< of the book and the key
  std::string groups = groups_directory;       ///< of the groups' files
  std::string states = states_directory;       ///< of the nodes' state directories
  std::string group{};
  std::string socket{};
  cli::OutputOptions output{};
  cli::TypedCommand typed{};  ///< all of it, for what is to be typed next
  Verb verb{};
};

/// A status when the program ends here: help was shown, or the command line is wrong.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ipop_dhcp
