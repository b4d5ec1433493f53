#include "control/json_fields.hpp"

#include <array>

#include "base/hex.hpp"
#include "control/rpc.hpp"

namespace ipop::control {

namespace {

/// The deepest nesting of brackets outside strings; the parser recurses, so this is asked first.
std::size_t depth_of(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

constexpr std::array<std::pair<overlay::NatClass, std::string_view>, 4> nat_words{{
    {overlay::NatClass::unknown, "unknown"},
    {overlay::NatClass::none, "none"},
    {overlay::NatClass::endpoint_independent, "endpoint_independent"},
    {overlay::NatClass::address_dependent, "address_dependent"},
}};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  if (text.size() > max_line) return {Errc::too_large, "a message is at most 1 MiB"};
  if (depth_of(text) > max_depth) return {Errc::too_large, "a message nests at most 32 levels"};
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return {Errc::malformed, "not JSON"};
  return json;
}

std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

bool is_plain_text(ByteSpan octets) {
  const std::string_view text = as_text(octets);
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x20 || lead == 0x7f) return false;
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || i + length > text.size()) return false;
    std::uint32_t point = length == 1 ? lead : lead & (0x7fU >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0U) != 0x80) return false;
      point = (point << 6U) | (next & 0x3fU);
    }
    // RFC 3629, 3: no overlong forms, no surrogates; C1 controls are no more printable than C0.
    constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    if (point < smallest[length] || point > 0x10ffff) return false;
    if ((point >= 0xd800 && point <= 0xdfff) || (point >= 0x80 && point < 0xa0)) return false;
    i += length;
  }
  return true;
}

void put_octets(Json& object, const std::string& name, ByteSpan octets) {
  if (is_plain_text(octets)) {
    object[name] = as_text(octets);
  } else {
    object[name + "_hex"] = to_hex(octets);
  }
}

std::string_view word_of(overlay::NatClass nat) {
  for (const auto& [value, word] : nat_words) {
    if (value == nat) return word;
  }
  return "unknown";
}

std::optional<overlay::NatClass> nat_class_of(std::string_view word) {
  for (const auto& [value, known] : nat_words) {
    if (known == word) return value;
  }
  return std::nullopt;
}

const Json* Fields::find(const char* name) const {
  if (!object_.is_object()) return nullptr;
  const auto it = object_.find(name);
  return it == object_.end() || it->is_null() ? nullptr : &*it;
}

void Fields::fail(std::string_view name, std::string_view expected) {
  if (error_) return;
  std::string text = name.empty() ? std::string("the message") : "\"" + std::string(name) + "\"";
  error_ = make_error(make_error_code(Errc::malformed), text + " must be " + std::string(expected));
}

void Fields::get(const char* name, bool& out) {
  const Json* field = find(name);
  if (field == nullptr) return;
  if (!field->is_boolean()) return fail(name, "true or false");
  out = field->get<bool>();
}

void Fields::get(const char* name, std::string& out) {
  const Json* field = find(name);
  if (field == nullptr) return;
  if (!field->is_string()) return fail(name, "text");
  out = *field->get_ptr<const std::string*>();
}

void Fields::get(const char* name, std::vector<std::string>& out) {
  for (const Json& item : array(name)) {
    if (!item.is_string()) return fail(name, "a list of texts");
    out.push_back(*item.get_ptr<const std::string*>());
  }
}

void Fields::get(const char* name, NodeId& out) {
  std::string text;
  get(name, text);
  if (!has(name) || !ok()) return;
  const auto id = parse_node_id(text);
  if (!id) return fail(name, "a node id");
  out = *id;
}

void Fields::get(const char* name, net::Ipv4Address& out) {
  std::string text;
  get(name, text);
  if (!has(name) || !ok()) return;
  const auto address = net::parse_ipv4_address(text);
  if (!address) return fail(name, "an IPv4 address");
  out = *address;
}

void Fields::get(const char* name, net::Ipv4Prefix& out) {
  std::string text;
  get(name, text);
  if (!has(name) || !ok()) return;
  const auto prefix = net::parse_ipv4_prefix(text);
  if (!prefix) return fail(name, "an IPv4 prefix");
  out = *prefix;
}

void Fields::get(const char* name, net::Endpoint& out) {
  std::string text;
  get(name, text);
  if (!has(name) || !ok()) return;
  const auto endpoint = net::parse_endpoint(text);
  if (!endpoint) return fail(name, "an endpoint");
  out = *endpoint;
}

void Fields::get(const char* name, std::vector<net::Endpoint>& out) {
  std::vector<std::string> texts;
  get(name, texts);
  for (const std::string& text : texts) {
    const auto endpoint = net::parse_endpoint(text);
    if (!endpoint) return fail(name, "a list of endpoints");
    out.push_back(*endpoint);
  }
}

void Fields::get(const char* name, WallTime& out) {
  auto value = static_cast<std::uint64_t>(out.seconds);
  get_number(name, value, std::uint64_t{1} << 53U);
  out.seconds = static_cast<std::int64_t>(value);
}

void Fields::get(const char* name, overlay::NatClass& out) {
  std::string text;
  get(name, text);
  if (!has(name) || !ok()) return;
  // A class that a later release adds reads as "unknown" here.
  out = nat_class_of(text).value_or(overlay::NatClass::unknown);
}

void Fields::get_octets(const std::string& name, Bytes& out) {
  const std::string hex_name = name + "_hex";
  if (has(name.c_str()) && has(hex_name.c_str())) return fail(name, "given once, as text or as hexadecimal");
  std::string text;
  get(name.c_str(), text);
  out = to_bytes(as_bytes(text));
  if (!has(hex_name.c_str())) return;
  std::string hex;
  get(hex_name.c_str(), hex);
  const auto octets = parse_hex(hex);
  if (!octets) return fail(hex_name, "an even number of hexadecimal digits");
  out = *octets;
}

const Json& Fields::array(const char* name) {
  static const Json none = Json::array();
  const Json* field = find(name);
  if (field == nullptr) return none;
  if (!field->is_array()) {
    fail(name, "a list");
    return none;
  }
  return *field;
}

const Json* Fields::object(const char* name) {
  const Json* field = find(name);
  if (field == nullptr) return nullptr;
  if (!field->is_object()) {
    fail(name, "an object");
    return nullptr;
  }
  return field;
}

void Fields::get_number(const char* name, std::uint64_t& out, std::uint64_t largest) {
  const Json* field = find(name);
  if (field == nullptr) return;
  if (!field->is_number_unsigned()) return fail(name, "a whole number, 0 or more");
  const auto value = field->get<std::uint64_t>();
  if (value > largest) return fail(name, "at most " + std::to_string(largest));
  out = value;
}

}  // namespace ipop::control
