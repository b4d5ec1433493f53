#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::daemon {

/// The block itself: a name server between two marks.
std::string dns_block(std::string_view tag, net::Ipv4Address server);
/// resolv.conf(5) with a block of ours before all else, which names `server`; without an earlier one of this tag.
std::string with_dns_block(std::string_view text, std::string_view tag, net::Ipv4Address server);
/// The text as somebody else wrote it.
std::string without_dns_block(std::string_view text, std::string_view tag);

/// Tells this machine's resolver that a node knows the names of its group (`--configure`), and takes that back:
/// systemd-resolved asks the node for the group's domain only; resolvconf(8), or a block in resolv.conf, where it
/// does not run, name the node's server before the others, which it asks for all else.
class DnsRegistration {
 public:
  struct Files {
    std::string resolv_conf = "/etc/resolv.conf";
    /// The block alone, for whoever may write resolv.conf when this process can't (packaging/resolv-conf.sh).
    std::string block{};
    /// The name of the record alone, for whoever may write the files of servers on this machine.
    std::string record{};
  };
  /// `tag` names the block, the same after a restart: what a killed node left behind is replaced by the next.
  DnsRegistration(Files files, std::string tag) : files_(std::move(files)), tag_(std::move(tag)) {}

  /// Failures are log lines: the node goes on.
  std::vector<LogLine> set(const std::string& interface, net::Ipv4Address server, const std::string& domain);
  /// Somebody may have rewritten resolv.conf.
  std::vector<LogLine> keep();
  /// Also for what an earlier run left.
  std::vector<LogLine> clear();

 private:
  enum class Way { resolved, resolvconf, block };
  struct Standing {
    Way way{};
    std::string interface {};
    net::Ipv4Address server{};
  };

  [[nodiscard]] Result<bool> write_block(std::optional<net::Ipv4Address> server) const;

  Files files_;
  std::string tag_;
  std::optional<Standing> standing_;
  bool looked_for_earlier_ = false;
};

}  // namespace ipop::daemon
