#include "control/saved_state.hpp"

#include "control/codec.hpp"

namespace ipop::control {

namespace {

constexpr const char* schema = "ipop.state/1";

}  // namespace

std::string to_text(const SavedState& state) {
  Json out = Json::object();
  out["schema"] = schema;
  out["address"] = text_or_null(state.address);
  out["port"] = state.port;
  auto peers = state.peers;
  if (peers.size() > SavedState::max_peers) peers.resize(SavedState::max_peers);
  out["peers"] = endpoint_list(peers);
  out["dns_servers"] = endpoint_list(state.dns_servers);
  return dump(out, 2) + "\n";
}

Result<SavedState> parse_saved_state(std::string_view text) {
  const auto json = parse_json(text);
  if (!json) return json.error();
  Fields in(*json);
  std::string form;
  in.require("schema").get("schema", form);
  if (in.ok() && form != schema) return {Errc::unsupported, "not of the form ipop.state/1"};
  SavedState out;
  in.get("address", out.address);
  in.get("port", out.port);
  in.get("peers", out.peers);
  in.get("dns_servers", out.dns_servers);
  if (!in.ok()) return in.error();
  if (out.peers.size() > SavedState::max_peers) out.peers.resize(SavedState::max_peers);
  return out;
}

}  // namespace ipop::control
