#include "daemon/saved_state.hpp"

#include <nlohmann/json.hpp>

namespace ipop::daemon {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* schema = "ipop.state/1";
constexpr std::size_t max_peers = 32;

std::optional<std::string> text_field(const Json& object, const char* name) {
  const auto it = object.find(name);
  if (it == object.end() || !it->is_string()) return std::nullopt;
  return *it->get_ptr<const std::string*>();
}

Error malformed(const std::string& field) {
  return make_error(make_error_code(Errc::malformed), "\"" + field + "\" is not what was saved");
}

}  // namespace

std::string to_text(const SavedState& state) {
  Json out = Json::object();
  out["schema"] = schema;
  out["address"] = state.address ? Json(to_string(*state.address)) : Json(nullptr);
  out["port"] = state.port;
  Json peers = Json::array();
  for (const net::Endpoint& peer : state.peers) {
    if (peers.size() < max_peers) peers.push_back(to_string(peer));
  }
  out["peers"] = std::move(peers);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<SavedState> parse_saved_state(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return {Errc::malformed, "not a JSON object"};
  if (text_field(json, "schema") != schema) return {Errc::unsupported, "not of the form ipop.state/1"};
  SavedState out;
  if (const auto it = json.find("address"); it != json.end() && !it->is_null()) {
    out.address = net::parse_ipv4_address(text_field(json, "address").value_or(""));
    if (!out.address) return malformed("address");
  }
  if (const auto it = json.find("port"); it != json.end()) {
    if (!it->is_number_unsigned() || it->get<std::uint64_t>() > 65535) return malformed("port");
    out.port = it->get<std::uint16_t>();
  }
  const auto peers = json.find("peers");
  if (peers == json.end()) return out;
  if (!peers->is_array()) return malformed("peers");
  for (const Json& item : *peers) {
    if (!item.is_string()) return malformed("peers");
    const auto peer = net::parse_endpoint(*item.get_ptr<const std::string*>());
    if (!peer) return malformed("peers");
    if (out.peers.size() < max_peers) out.peers.push_back(*peer);
  }
  return out;
}

}  // namespace ipop::daemon
