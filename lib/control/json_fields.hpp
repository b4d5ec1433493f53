#pragma once

// JSON objects field by field, without exceptions. Only for the .cpp files of lib/control.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_prefix.hpp"
#include "overlay/nat_behavior.hpp"

namespace ipop::control {

/// Fields stay in the order in which they are documented.
using Json = nlohmann::ordered_json;

/// Parses text of at most `max_line` octets and `max_depth` levels. Errors: too_large, malformed.
Result<Json> parse_json(std::string_view text);
/// One line; octets that are not UTF-8 become U+FFFD. `indent` below 0: without spaces.
std::string dump(const Json& json, int indent = -1);

/// `text` as field `name` where it is plain, else its octets in hexadecimal as `name`_hex.
void put_octets(Json& object, const std::string& name, ByteSpan octets);

template <class T>
Json text_or_null(const std::optional<T>& value) {
  return value ? Json(to_string(*value)) : Json(nullptr);
}

std::string_view word_of(overlay::NatClass nat);
std::optional<overlay::NatClass> nat_class_of(std::string_view word);

/// Reads the fields of one object; the first wrong one is remembered and the rest are defaults.
///
/// A field that is absent or null leaves the default, unless it is asked for with `require`.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {
    if (!object.is_object()) fail("", "an object");
  }

  /// The next get of `name` fails when the field is missing.
  Fields& require(const char* name) {
    if (find(name) == nullptr) fail(name, "present");
    return *this;
  }

  void get(const char* name, bool& out);
  void get(const char* name, std::string& out);
  void get(const char* name, std::vector<std::string>& out);
  void get(const char* name, NodeId& out);
  void get(const char* name, net::Ipv4Address& out);
  void get(const char* name, net::Ipv4Prefix& out);
  void get(const char* name, net::Endpoint& out);
  void get(const char* name, std::vector<net::Endpoint>& out);
  void get(const char* name, WallTime& out);
  void get(const char* name, overlay::NatClass& out);
  /// Unsigned numbers that fit `T`.
  template <std::unsigned_integral T>
  void get(const char* name, T& out) {
    std::uint64_t value = out;
    get_number(name, value, std::numeric_limits<T>::max());
    out = static_cast<T>(value);
  }
  /// A count of the duration's own unit, at most 2^53 (exact in every JSON reader).
  template <class Rep, class Period>
  void get(const char* name, std::chrono::duration<Rep, Period>& out) {
    auto value = static_cast<std::uint64_t>(out.count());
    get_number(name, value, std::uint64_t{1} << 53U);
    out = std::chrono::duration<Rep, Period>(static_cast<Rep>(value));
  }
  template <class T>
  void get(const char* name, std::optional<T>& out) {
    if (find(name) == nullptr) return;
    T value{};
    get(name, value);
    if (ok()) out = std::move(value);
  }
  /// Text under `name`, or octets under `name`_hex.
  void get_octets(const std::string& name, Bytes& out);

  /// The field when it is an array; an empty one when it is absent.
  const Json& array(const char* name);
  /// The field when it is an object; null when it is absent.
  const Json* object(const char* name);

  [[nodiscard]] bool has(const char* name) const { return find(name) != nullptr; }
  [[nodiscard]] bool ok() const { return !error_; }
  /// Remembers a failure that the caller found.
  void fail(std::string_view name, std::string_view expected);
  [[nodiscard]] Error error() const { return error_.value_or(Error{}); }

 private:
  [[nodiscard]] const Json* find(const char* name) const;
  void get_number(const char* name, std::uint64_t& out, std::uint64_t largest);

  const Json& object_;
  std::optional<Error> error_;
};

}  // namespace ipop::control
