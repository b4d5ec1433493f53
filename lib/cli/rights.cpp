#include "cli/rights.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>

#include "cli/typed_command.hpp"

namespace ipop::cli {

bool has_sudo() {
  const char* value = std::getenv("PATH");
  std::string_view path = value == nullptr ? "/usr/bin:/bin" : value;
  while (!path.empty()) {
    const std::string_view directory = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(path.size(), directory.size() + 1));
    std::error_code error;
    if (!directory.empty() && std::filesystem::exists(std::string(directory) + "/sudo", error)) return true;
  }
  return false;
}

bool is_refused(const std::error_code& code) {
  return code == std::errc::permission_denied || code == std::errc::operation_not_permitted;
}

void suggest_root(const Streams& streams, std::string_view remark) {
  if (::geteuid() == 0 || streams.typed.empty()) return;
  const std::string note = remark.empty() ? "" : "  # " + std::string(remark);
  if (has_sudo())
    suggest(streams, "sudo " + streams.typed + note);
  else
    suggest(streams, "su -c " + for_shell(streams.typed) + note);
}

}  // namespace ipop::cli
