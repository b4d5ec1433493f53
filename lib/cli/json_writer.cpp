#include "cli/json_writer.hpp"

#include <cassert>
#include <cstdio>

#include "cli/text.hpp"

namespace ipop::cli {

JsonWriter::JsonWriter(std::string_view schema) : out_("{"), open_{'}'} {
  field("schema", schema);
}

void JsonWriter::field(std::string_view key, std::string_view value) {
  raw(key, json_string(value));
}

void JsonWriter::field(std::string_view key, bool value) {
  raw(key, value ? "true" : "false");
}

void JsonWriter::field(std::string_view key, double value) {
  char digits[64];
  const int length = std::snprintf(digits, sizeof digits, "%.3f", value);
  raw(key, std::string_view(digits, static_cast<std::size_t>(length)));
}

void JsonWriter::null(std::string_view key) {
  raw(key, "null");
}

void JsonWriter::begin_object(std::string_view key) {
  raw(key, "{");
  open_.push_back('}');
  first_ = true;
}

void JsonWriter::begin_array(std::string_view key) {
  raw(key, "[");
  open_.push_back(']');
  first_ = true;
}

void JsonWriter::begin_element() {
  assert(open_.back() == ']');
  comma();
  out_.push_back('{');
  open_.push_back('}');
  first_ = true;
}

void JsonWriter::element(std::string_view value) {
  assert(open_.back() == ']');
  comma();
  out_ += json_string(value);
}

void JsonWriter::end() {
  assert(open_.size() > 1);
  out_.push_back(open_.back());
  open_.pop_back();
  first_ = false;
}

std::string JsonWriter::text() const {
  assert(open_.size() == 1);
  return out_ + "}";
}

void JsonWriter::raw(std::string_view key, std::string_view value) {
  assert(open_.back() == '}');
  comma();
  out_ += json_string(key);
  out_.push_back(':');
  out_ += value;
}

void JsonWriter::comma() {
  if (!first_) out_.push_back(',');
  first_ = false;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    if (point.length == 0) {
      out += "\\ufffd";
      text.remove_prefix(1);
      continue;
    }
    if (point.value == '"' || point.value == '\\') {
      out.push_back('\\');
      out.push_back(text[0]);
    } else if (point.value < 0x20 || point.value == 0x7f) {
      char digits[8];
      std::snprintf(digits, sizeof digits, "\\u%04x", static_cast<unsigned>(point.value));
      out += digits;
    } else {
      out += text.substr(0, point.length);
    }
    text.remove_prefix(point.length);
  }
  out.push_back('"');
  return out;
}

}  // namespace ipop::cli
