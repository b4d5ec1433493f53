#include "overlay/connection.hpp"

namespace ipop::overlay {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::near: return "near";
    case Role::shortcut: return "shortcut";
    case Role::leaf: return "leaf";
    case Role::on_demand: return "on-demand";
    case Role::count_: break;
  }
  return "?";
}

std::string to_string(const Roles& roles) {
  std::string out;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    if (!roles.test(i)) continue;
    if (!out.empty()) out += ',';
    out += to_string(static_cast<Role>(i));
  }
  return out.empty() ? "-" : out;
}

}  // namespace ipop::overlay
