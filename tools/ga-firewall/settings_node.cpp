#include "settings_node.hpp"

#include "appliance/toml.hpp"

namespace ipop::ga_firewall {

Result<NodeFile> parse_node_file(std::string_view text, std::string_view file) {
  const auto table = appliance::parse_toml(text, file);
  if (!table) return table.error();
  NodeFile out;
  if (const auto* tap = table->get_as<std::string>("tap")) out.tap = tap->get();
  if (const auto* no_tap = table->get_as<bool>("no_tap")) out.has_tap = !no_tap->get();
  const auto* port = table->get_as<std::int64_t>("port");
  if (port != nullptr && port->get() > 0 && port->get() <= 65535) out.port = static_cast<std::uint16_t>(port->get());
  return out;
}

}  // namespace ipop::ga_firewall
