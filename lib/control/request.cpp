#include <array>
#include <span>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "base/machine.hpp"
#include "base/nearest_name.hpp"
#include "control/codec.hpp"
#include "control/json_fields.hpp"
#include "control/rpc.hpp"
#include "net/dns_message.hpp"

namespace ipop::control {

namespace {

// JSON-RPC 2.0, section 5.1.
constexpr int parse_error = -32700;
constexpr int invalid_request = -32600;
constexpr int method_not_found = -32601;

constexpr std::uint64_t max_members = 100'000;
constexpr std::size_t max_name = 255;        // of a DHT key and of a target
constexpr std::size_t max_dns_query = 4096;  // as much as an EDNS query may hold
constexpr std::size_t max_value = 1024;      // of the DHT
constexpr std::chrono::seconds longest_life = std::chrono::hours(24 * 7);
constexpr std::size_t max_id = 128;  // octets of a text id, since it is sent back

using What = std::variant<node::Command, Subscribe>;

What make_members(Fields& params) {
  node::MembersCommand command;
  params.get("limit", command.limit);
  params.get("all", command.all);
  if (command.limit < 1 || command.limit > max_members) params.fail("limit", "from 1 to 100000");
  return What(node::Command(command));
}

What make_why(Fields& params) {
  node::WhyCommand command;
  params.require("target").get("target", command.target);
  if (command.target.empty() || command.target.size() > max_name)
    params.fail("target", "a node id, an address or a name");
  return What(node::Command(std::move(command)));
}

std::string read_key(Fields& params) {
  std::string key;
  params.require("key").get("key", key);
  if (key.empty() || key.size() > max_name) params.fail("key", "from 1 to 255 octets");
  return key;
}

What make_dht_get(Fields& params) {
  return What(node::Command(node::DhtGetCommand{read_key(params)}));
}

What make_dht_put(Fields& params) {
  node::DhtPutCommand command;
  command.key = read_key(params);
  if (!params.has("value") && !params.has("value_hex")) params.fail("value", "present, or \"value_hex\"");
  params.get_octets("value", command.value);
  if (command.value.empty() || command.value.size() > max_value) params.fail("value", "from 1 to 1024 octets");
  params.get("ttl_s", command.time_to_live);
  if (command.time_to_live < 1s || command.time_to_live > longest_life) params.fail("ttl_s", "from 1 to 604800");
  params.get("exclusive", command.exclusive);
  return What(node::Command(std::move(command)));
}

What make_dht_watch(Fields& params) {
  return What(node::Command(node::DhtWatchCommand{read_key(params)}));
}

What make_dns(Fields& params) {
  std::string hex;
  params.require("query_hex").get("query_hex", hex);
  auto query = parse_hex(hex);
  if (!query || query->empty() || query->size() > max_dns_query)
    params.fail("query_hex", "a DNS message in hexadecimal, at most 4096 octets");
  // A server keeps silent about what is no question, and so the client would wait for ever.
  const auto header = query ? net::decode_dns_header(*query) : Result<net::DnsHeader>(Errc::truncated);
  if (!header || header->qr) params.fail("query_hex", "a DNS query");
  return What(node::Command(node::DnsCommand{std::move(query).value_or(Bytes{})}));
}

What make_revoke(Fields& params) {
  std::string text;
  params.require("list").get("list", text);
  auto list = parse_base64(text);
  if (!list || list->empty()) params.fail("list", "a revocation list in base64");
  return What(node::Command(node::RevokeCommand{std::move(list).value_or(Bytes{})}));
}

/// One row a method: its name, its parameters, and what makes a command of them.
struct Method {
  std::string_view name;
  std::span<const std::string_view> params;
  What (*make)(Fields&);
};

constexpr std::array<std::string_view, 2> members_params{"limit", "all"};
constexpr std::array<std::string_view, 1> why_params{"target"};
constexpr std::array<std::string_view, 1> get_params{"key"};
constexpr std::array<std::string_view, 1> watch_params{"key"};
constexpr std::array<std::string_view, 5> put_params{"key", "value", "value_hex", "ttl_s", "exclusive"};
constexpr std::array<std::string_view, 1> dns_params{"query_hex"};
constexpr std::array<std::string_view, 1> revoke_params{"list"};

const std::array<Method, 13>& methods() {
  static const std::array<Method, 13> table{{
      {"status", {}, [](Fields&) { return What(node::Command(node::StatusCommand{})); }},
      {"peers", {}, [](Fields&) { return What(node::Command(node::PeersCommand{})); }},
      {"members", members_params, make_members},
      {"why", why_params, make_why},
      {"dht.get", get_params, make_dht_get},
      {"dht.put", put_params, make_dht_put},
      {"dht.watch", watch_params, make_dht_watch},
      {"dns", dns_params, make_dns},
      {"endpoints", {}, [](Fields&) { return What(node::Command(node::EndpointsCommand{})); }},
      {"revoke", revoke_params, make_revoke},
      {"reload", {}, [](Fields&) { return What(node::Command(node::ReloadCommand{})); }},
      {"stop", {}, [](Fields&) { return What(node::Command(node::StopCommand{})); }},
      {"subscribe", {}, [](Fields&) { return What(Subscribe{}); }},
  }};
  return table;
}

const Method* find_method(std::string_view name) {
  for (const Method& method : methods()) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

std::string unknown_method(const std::string& name) {
  std::vector<std::string_view> names;
  for (const Method& method : methods())
    names.push_back(method.name);
  return "unknown method \"" + name.substr(0, 64) + "\"" + nearest_hint(name, names);
}

/// Text of the first parameter that the method does not have; empty when there is none.
std::string unknown_param(const Method& method, const Json& params) {
  for (const auto& item : params.items()) {
    if (std::ranges::find(method.params, item.key()) != method.params.end()) continue;
    return "unknown parameter \"" + item.key().substr(0, 64) + "\"" + nearest_hint(item.key(), method.params);
  }
  return {};
}

std::optional<RequestId> read_id(const Json& message) {
  const auto it = message.find("id");
  if (it == message.end() || it->is_null()) return RequestId{};
  if (it->is_number_integer()) return RequestId(it->get<std::int64_t>());
  if (it->is_string() && it->get_ptr<const std::string*>()->size() <= max_id)
    return RequestId(*it->get_ptr<const std::string*>());
  return std::nullopt;
}

std::string_view method_of(const node::Command& command) {
  return std::visit(Overloaded{
                        [](const node::StatusCommand&) { return "status"; },
                        [](const node::PeersCommand&) { return "peers"; },
                        [](const node::MembersCommand&) { return "members"; },
                        [](const node::WhyCommand&) { return "why"; },
                        [](const node::DhtGetCommand&) { return "dht.get"; },
                        [](const node::DhtPutCommand&) { return "dht.put"; },
                        [](const node::DhtWatchCommand&) { return "dht.watch"; },
                        [](const node::DnsCommand&) { return "dns"; },
                        [](const node::EndpointsCommand&) { return "endpoints"; },
                        [](const node::RevokeCommand&) { return "revoke"; },
                        [](const node::ReloadCommand&) { return "reload"; },
                        [](const node::StopCommand&) { return "stop"; },
                    },
                    command);
}

Json params_of(const node::Command& command) {
  Json params = Json::object();
  std::visit(Overloaded{
                 [&](const node::MembersCommand& c) {
                   params["limit"] = c.limit;
                   if (c.all) params["all"] = true;
                 },
                 [&](const node::WhyCommand& c) { params["target"] = c.target; },
                 [&](const node::DhtGetCommand& c) { params["key"] = c.key; },
                 [&](const node::DhtPutCommand& c) {
                   params["key"] = c.key;
                   put_octets(params, "value", c.value);
                   params["ttl_s"] = c.time_to_live.count();
                   params["exclusive"] = c.exclusive;
                 },
                 [&](const node::DhtWatchCommand& c) { params["key"] = c.key; },
                 [&](const node::DnsCommand& c) { params["query_hex"] = to_hex(c.query); },
                 [&](const node::RevokeCommand& c) { params["list"] = to_base64(c.list); },
                 [](const auto&) {},
             },
             command);
  return params;
}

std::string encode_call(std::int64_t id, std::string_view method, Json params) {
  Json message = Json::object();
  message["jsonrpc"] = "2.0";
  message["id"] = id;
  message["method"] = method;
  if (!params.empty()) message["params"] = std::move(params);
  return dump(message);
}

}  // namespace

std::variant<Request, BadRequest> decode_request(std::string_view line) {
  const auto message = parse_json(line);
  if (!message) return BadRequest{{}, parse_error, message.error().message()};
  if (!message->is_object()) return BadRequest{{}, invalid_request, "a request is one object (batches are not served)"};
  const auto id = read_id(*message);
  if (!id) return BadRequest{{}, invalid_request, "\"id\" must be a whole number or a text of at most 128 octets"};

  Fields fields(*message);
  std::string version;
  std::string name;
  fields.require("jsonrpc").get("jsonrpc", version);
  fields.require("method").get("method", name);
  if (version != "2.0") fields.fail("jsonrpc", "\"2.0\"");
  if (!fields.ok()) return BadRequest{*id, invalid_request, fields.error().message()};

  const Method* method = find_method(name);
  if (method == nullptr) return BadRequest{*id, method_not_found, unknown_method(name)};
  const Json none = Json::object();
  const auto it = message->find("params");
  const Json& params = it == message->end() || it->is_null() ? none : *it;
  if (!params.is_object()) return BadRequest{*id, invalid_params, "\"params\" must be an object of named parameters"};
  if (auto text = unknown_param(*method, params); !text.empty()) return BadRequest{*id, invalid_params, text};

  Fields given(params);
  What what = method->make(given);
  if (!given.ok()) return BadRequest{*id, invalid_params, given.error().message()};
  return Request{*id, std::move(what)};
}

bool is_change(const node::Command& command) {
  return std::visit(Overloaded{
                        [](const node::DhtPutCommand&) { return true; },
                        [](const node::RevokeCommand&) { return true; },
                        [](const node::ReloadCommand&) { return true; },
                        [](const node::StopCommand&) { return true; },
                        [](const auto&) { return false; },
                    },
                    command);
}

std::string encode_request(std::int64_t id, const node::Command& command) {
  return encode_call(id, method_of(command), params_of(command));
}

std::string encode_subscribe(std::int64_t id) {
  return encode_call(id, "subscribe", Json::object());
}

}  // namespace ipop::control
