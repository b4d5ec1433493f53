#include "appliance/toml.hpp"
#include "base/nearest_name.hpp"
#include "settings.hpp"

namespace ipop::ipop_node {

namespace {

std::vector<std::string_view> known_names() {
  std::vector<std::string_view> out;
  for (const KeyRow& row : key_rows())
    out.push_back(row.name);
  return out;
}

std::string_view example_of(Kind kind) {
  switch (kind) {
    case Kind::text: return "text in quotes";
    case Kind::number: return "a whole number";
    case Kind::flag: return "true or false";
    case Kind::list: return "a list of texts in quotes";
  }
  return {};
}

/// The value as text; none when it is of another kind.
std::optional<std::vector<std::string>> texts_of(const toml::node& node, Kind kind) {
  switch (kind) {
    case Kind::text:
      if (const auto* text = node.as_string()) return std::vector{text->get()};
      return std::nullopt;
    case Kind::number:
      if (const auto* number = node.as_integer()) return std::vector{std::to_string(number->get())};
      return std::nullopt;
    case Kind::flag:
      if (const auto* flag = node.as_boolean()) return std::vector{std::string(flag->get() ? "true" : "false")};
      return std::nullopt;
    case Kind::list: break;
  }
  const toml::array* list = node.as_array();
  if (list == nullptr) return std::nullopt;
  std::vector<std::string> out;
  for (const toml::node& element : *list) {
    const auto* text = element.as_string();
    if (text == nullptr) return std::nullopt;
    out.push_back(text->get());
  }
  return out;
}

}  // namespace

Result<SettingMap> parse_settings(std::string_view text, const std::string& file) {
  const auto table = appliance::parse_toml(text, file);
  if (!table) return table.error();
  SettingMap out;
  for (const auto& [key, node] : *table) {
    const auto line = key.source().begin.line > 0 ? key.source().begin.line : node.source().begin.line;
    const auto& rows = key_rows();
    const auto row = std::ranges::find(rows, key.str(), &KeyRow::name);
    if (row == rows.end()) {
      return appliance::error_at(
          file, line, "unknown key \"" + std::string(key.str()) + "\"" + nearest_hint(key.str(), known_names()));
    }
    auto texts = texts_of(node, row->kind);
    if (!texts) {
      return appliance::error_at(
          file, line, "the key \"" + std::string(row->name) + "\" needs " + std::string(example_of(row->kind)));
    }
    out[row->key] = {*std::move(texts), file + ":" + std::to_string(line)};
  }
  return out;
}

}  // namespace ipop::ipop_node
