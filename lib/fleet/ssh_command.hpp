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

/// A command for any login shell: the script on stdin is run by sh with these words (of a-z, 0-9 and -), as root, or
/// with what this user may do where neither he nor sudo(8) without a password is root.
std::string run_script_command(std::string_view words);

/// Likewise the file `host` of the archive on stdin, beside all others of the archive, as root. It goes on when the
/// connection ends, and nothing of the archive is left behind.
std::string run_archive_command(std::string_view words);

/// Why ssh, or what it ran, ended with `status`; a line for a person. `output` is what both wrote.
Error explain_failure(int status, std::string_view output);

}  // namespace ipop::fleet
