#include "groups/node_file.hpp"

#include "settings/toml_reader.hpp"

namespace ipop::groups {

Result<NodeFile> parse_node_file(std::string_view text, std::string_view file) {
  settings::TomlReader reader(text, file, {});
  NodeFile out;
  reader.text("tap", "tap = \"ipop0\"", [&](std::string_view tap) -> Result<void> {
    out.tap = tap;
    return {};
  });
  bool no_tap = false;
  reader.flag("no_tap", no_tap);
  out.has_tap = !no_tap;
  out.has_first = reader.has("first");
  out.has_register_dns = reader.has("register_dns");
  const auto port = reader.number("port", 0, 65535, 4000);
  if (port && *port > 0) out.port = static_cast<std::uint16_t>(*port);
  if (reader.failed()) return *reader.failed();
  return out;
}

}  // namespace ipop::groups
