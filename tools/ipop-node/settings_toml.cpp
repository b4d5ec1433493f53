#include "settings.hpp"
#include "settings/toml_reader.hpp"

namespace ipop::ipop_node {

namespace {

std::vector<std::string_view> known_names() {
  std::vector<std::string_view> out;
  for (const KeyRow& row : key_rows())
    out.push_back(row.name);
  return out;
}

/// The value as it would stand on a command line; nothing when the key is not there.
std::vector<std::string> texts_of(settings::TomlReader& reader, const KeyRow& row) {
  std::vector<std::string> out;
  const std::string line = std::string(row.name) + " = ";
  const auto take = [&](std::string_view text) -> Result<void> {
    out.emplace_back(text);
    return {};
  };
  switch (row.kind) {
    case Kind::text: reader.text(row.name, line + "\"...\"", take); break;
    case Kind::list: reader.texts(row.name, line + "[\"...\"]", take); break;
    case Kind::number:
      if (const auto number = reader.any_number(row.name, row.numbers.what, row.numbers.example))
        out.push_back(std::to_string(*number));
      break;
    case Kind::flag: {
      bool flag = false;
      reader.flag(row.name, flag);
      out.emplace_back(flag ? "true" : "false");
      break;
    }
  }
  return out;
}

}  // namespace

Result<SettingMap> parse_settings(std::string_view text, const std::string& file) {
  settings::TomlReader reader(text, file, known_names());
  SettingMap out;
  for (const KeyRow& row : key_rows())
    if (reader.has(row.name)) out[row.key] = {texts_of(reader, row), reader.place(row.name)};
  if (reader.failed()) return *reader.failed();
  return out;
}

}  // namespace ipop::ipop_node
