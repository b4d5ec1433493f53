#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ipop::cli {

/// Writes one JSON object (RFC 8259) for `--json`: fields in the order in which they are added,
/// `"schema"` first, so that a script can tell what it reads.
///
/// A schema is `program.verb/number`; within a number, fields are only added.
class JsonWriter {
 public:
  explicit JsonWriter(std::string_view schema);

  void field(std::string_view key, std::string_view value);
  void field(std::string_view key, const char* value) { field(key, std::string_view(value)); }
  void field(std::string_view key, bool value);
  void field(std::string_view key, double value);  ///< finite; three decimals
  template <std::integral T>
  requires(!std::same_as<T, bool>) void field(std::string_view key, T value) { raw(key, std::to_string(value)); }
  void null(std::string_view key);

  void begin_object(std::string_view key);
  void begin_array(std::string_view key);
  void begin_element();                  ///< an object in an array
  void element(std::string_view value);  ///< a string in an array
  void end();                            ///< the innermost object or array

  /// The object in one line, without a line feed. Everything opened must be ended.
  [[nodiscard]] std::string text() const;

 private:
  void raw(std::string_view key, std::string_view value);
  void comma();

  std::string out_;
  std::vector<char> open_;  ///< closing brackets that are due, innermost last
  bool first_ = true;
};

/// A JSON string with its quotes. Octets that are not UTF-8 become U+FFFD; control characters are
/// escaped.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace ipop::cli
