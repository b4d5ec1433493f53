#include "bridge_access.hpp"

#include <filesystem>

#include "io/file.hpp"
#include "io/process.hpp"
#include "machines/bridge_rules.hpp"

namespace ipop::ga_appliance {
namespace {

constexpr const char* helper = "/usr/lib/qemu/qemu-bridge-helper";  // Debian's place
constexpr std::size_t largest_rules = 65'536;

Error not_permitted(const std::string& why, const std::string& command) {
  return {make_error_code(Errc::not_authorized), why + "; as root: " + command};
}

bool has_rights_of_root(const char* program) {
  std::error_code error;
  const auto status = std::filesystem::status(program, error);
  // One in another place is QEMU's to find.
  return error || !std::filesystem::exists(status) ||
         (status.permissions() & std::filesystem::perms::set_uid) != std::filesystem::perms::none;
}

}  // namespace

Result<void> check_bridge_access(const std::string& bridge) {
  if (!io::exists("/sys/class/net/" + bridge + "/bridge"))
    return {Errc::not_found, "this host has no bridge " + bridge + "; as root: ip link add " + bridge +
                                 " type bridge && ip link set " + bridge + " up"};
  const std::string rules_file(machines::bridge_rules_file);
  const auto rules = io::read_file(rules_file, largest_rules);
  const bool is_refused =
      rules ? !machines::allows_bridge(*rules, bridge) : rules.error().code == std::errc::no_such_file_or_directory;
  if (is_refused)
    return not_permitted("QEMU's rules let no machine onto " + bridge,
                         "mkdir -p /etc/qemu && echo 'allow " + bridge + "' >>" + rules_file);
  if (!io::is_root() && !has_rights_of_root(helper))
    return not_permitted("only root can make a machine's interface here", std::string("chmod u+s ") + helper);
  return {};
}

}  // namespace ipop::ga_appliance
