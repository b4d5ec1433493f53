#pragma once

#include <string>
#include <variant>

#include "cli/exit_status.hpp"
#include "cli/output_options.hpp"
#include "cli/streams.hpp"
#include "net/dns_name.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_address.hpp"
#include "node_connection.hpp"

namespace ipop::ipop_dns {

inline constexpr const char* tool = "ipop-dns";

struct Serve {
  net::Endpoint listen{};  ///< UDP and TCP
  bool forward = false;    ///< names of other domains; false: refuse them
  std::string resolv_conf = "/etc/resolv.conf";
};
struct LookUp {
  std::string name{};
};
struct LookUpReverse {
  net::Ipv4Address address{};
};
struct ListNames {};

using Verb = std::variant<Serve, LookUp, LookUpReverse, ListNames>;

struct Options {
  tools::NodeChoice node{};
  cli::OutputOptions output{};
  Verb verb{};
};

/// The command line; a status when there is nothing left to do.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ipop_dns
