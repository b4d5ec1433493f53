#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ipop::fleet {

/// A machine as ssh(1) takes it: `NAME`, `USER@NAME` or `ssh://[USER@]NAME[:PORT]`, where NAME is a host name, an
/// address or an alias of ssh_config(5).
class Host {
 public:
  [[nodiscard]] const std::string& text() const { return text_; }
  /// NAME alone.
  [[nodiscard]] std::string name() const;
  friend bool operator==(const Host&, const Host&) = default;

 private:
  friend Result<Host> parse_host(std::string_view text);
  std::string text_{};
};

/// Takes no name that ssh could read as an option, and none with a character that a shell reads, which a ProxyCommand
/// of somebody's ssh_config would give to one. Error: malformed.
Result<Host> parse_host(std::string_view text);

constexpr std::size_t most_hosts = 1000;

/// Adds a host that is not there yet. Errors: malformed, conflict (it is there), exhausted.
Result<void> add_host(std::vector<Host>& hosts, std::string_view text);

/// Adds the hosts of a file: one a line, `#` begins a comment. Errors are one line with file and line.
Result<void> add_host_list(std::vector<Host>& hosts, std::string_view text, std::string_view file);

}  // namespace ipop::fleet
