#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "fleet/host.hpp"

namespace ipop::fleet {

/// How ssh(1) is called for all hosts.
struct SshOptions {
  std::string config{};  ///< in place of the user's ssh_config(5); empty: his
  std::chrono::seconds connect_timeout{20};
};

/// ssh that asks nobody anything and runs `command` on the host. A host whose key is not known is refused, unless
/// ssh_config(5) says otherwise.
std::vector<std::string> ssh_command(const SshOptions& options, const Host& host, const std::string& command);

/// A command for any login shell: what stdin holds is run by sh as root, or with what this user may do where neither
/// he nor sudo(8) without a password is root.
std::string run_script_command();

/// Why ssh, or what it ran, ended with `status`; a line for a person. `output` is what both wrote.
Error explain_failure(int status, std::string_view output);

}  // namespace ipop::fleet
