#include <doctest/doctest.h>

#include "control/rpc.hpp"

using namespace ipop;
using namespace ipop::control;

namespace {

template <class Wanted>
Wanted command_of(const std::string& line) {
  const auto decoded = decode_request(line);
  const auto* request = std::get_if<Request>(&decoded);
  REQUIRE_MESSAGE(request != nullptr, std::get<BadRequest>(decoded).message);
  const auto* command = std::get_if<node::Command>(&request->what);
  REQUIRE(command != nullptr);
  const auto* wanted = std::get_if<Wanted>(command);
  REQUIRE(wanted != nullptr);
  return *wanted;
}

BadRequest refusal_of(const std::string& line) {
  const auto decoded = decode_request(line);
  const auto* bad = std::get_if<BadRequest>(&decoded);
  REQUIRE(bad != nullptr);
  return *bad;
}

std::string call(const std::string& method, const std::string& params) {
  return R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":)" + params + "}";
}

}  // namespace

TEST_CASE("every command survives the way through its request") {
  (void)command_of<node::StatusCommand>(encode_request(1, node::StatusCommand{}));
  (void)command_of<node::PeersCommand>(encode_request(1, node::PeersCommand{}));
  CHECK(command_of<node::MembersCommand>(encode_request(1, node::MembersCommand{7})).limit == 7);
  CHECK(command_of<node::MembersCommand>(encode_request(1, node::MembersCommand{7, true})).all);
  CHECK_FALSE(command_of<node::MembersCommand>(encode_request(1, node::MembersCommand{7})).all);
  CHECK(command_of<node::WhyCommand>(encode_request(1, node::WhyCommand{"alice"})).target == "alice");
  CHECK(command_of<node::DhtGetCommand>(encode_request(1, node::DhtGetCommand{"a key"})).key == "a key");
  CHECK(command_of<node::DhtWatchCommand>(encode_request(1, node::DhtWatchCommand{"a key"})).key == "a key");
  (void)command_of<node::EndpointsCommand>(encode_request(1, node::EndpointsCommand{}));
  (void)command_of<node::StopCommand>(encode_request(1, node::StopCommand{}));
  Bytes query(12);
  query.back() = std::byte{0xff};
  CHECK(command_of<node::DnsCommand>(encode_request(1, node::DnsCommand{query})).query == query);
  const auto subscribe = decode_request(encode_subscribe(9));
  REQUIRE(std::holds_alternative<Request>(subscribe));
  CHECK(std::holds_alternative<Subscribe>(std::get<Request>(subscribe).what));
  CHECK(std::get<Request>(subscribe).id == RequestId(std::int64_t{9}));
}

TEST_CASE("a DHT value travels as text where it is text and in hexadecimal where it is not") {
  const node::DhtPutCommand text{"key", to_bytes(as_bytes("gr\xc3\xbc\xc3\x9f dich")), 60s, true};
  const std::string line = encode_request(1, text);
  CHECK(line.find("\"value\":") != std::string::npos);
  const auto back = command_of<node::DhtPutCommand>(line);
  CHECK(back.value == text.value);
  CHECK(back.time_to_live == 60s);
  CHECK(back.exclusive);

  for (const std::string_view octets : {std::string_view("\0", 1), std::string_view("line\n"), std::string_view("\xff"),
                                        std::string_view("\xc0\x80"), std::string_view("\xed\xa0\x80")}) {
    const node::DhtPutCommand binary{"key", to_bytes(as_bytes(octets))};
    const std::string hex = encode_request(1, binary);
    CHECK(hex.find("\"value_hex\":") != std::string::npos);
    CHECK(command_of<node::DhtPutCommand>(hex).value == binary.value);
  }
}

TEST_CASE("the id of a request may be a number, a text or null, and comes back in the answer") {
  for (const std::string id : {"1", "-5", "\"seven\"", "null"}) {
    const auto decoded = decode_request(R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"status"})");
    REQUIRE(std::holds_alternative<Request>(decoded));
    const std::string answer = encode_answer(std::get<Request>(decoded).id, node::Answer(node::DoneAnswer{}));
    CHECK(answer.find("\"id\":" + id) != std::string::npos);
  }
  CHECK(refusal_of(R"({"jsonrpc":"2.0","id":[1],"method":"status"})").code == -32600);
  CHECK(refusal_of(R"({"jsonrpc":"2.0","id":1.5,"method":"status"})").code == -32600);
}

TEST_CASE("what is not JSON is a parse error without an id") {
  for (const std::string line : {"", "{", "status", "{\"jsonrpc\":\"2.0\"", "\xff\xfe"}) {
    const BadRequest bad = refusal_of(line);
    CHECK(bad.code == -32700);
    CHECK(std::holds_alternative<std::monostate>(bad.id));
  }
}

TEST_CASE("what is no request is refused with the reason") {
  CHECK(refusal_of("[]").code == -32600);
  CHECK(refusal_of("7").code == -32600);
  CHECK(refusal_of(R"({"id":1,"method":"status"})").message == "\"jsonrpc\" must be present");
  CHECK(refusal_of(R"({"jsonrpc":"1.0","id":1,"method":"status"})").message == "\"jsonrpc\" must be \"2.0\"");
  CHECK(refusal_of(R"({"jsonrpc":"2.0","id":1})").code == -32600);
  CHECK(refusal_of(R"({"jsonrpc":"2.0","id":1,"method":7})").code == -32600);
  CHECK(refusal_of(call("status", "[1]")).code == -32602);
}

TEST_CASE("an unknown method or parameter names the nearest known one") {
  const BadRequest method = refusal_of(call("stauts", "{}"));
  CHECK(method.code == -32601);
  CHECK(method.message == "unknown method \"stauts\" (did you mean \"status\"?)");
  CHECK(method.id == RequestId(std::int64_t{1}));
  const BadRequest parameter = refusal_of(call("members", R"({"limmit":5})"));
  CHECK(parameter.code == -32602);
  CHECK(parameter.message == "unknown parameter \"limmit\" (did you mean \"limit\"?)");
}

TEST_CASE("parameters outside their documented range are refused") {
  CHECK(refusal_of(call("members", R"({"limit":0})")).code == -32602);
  CHECK(refusal_of(call("members", R"({"limit":100001})")).code == -32602);
  CHECK(refusal_of(call("members", R"({"limit":-1})")).code == -32602);
  CHECK(refusal_of(call("members", R"({"limit":"5"})")).code == -32602);
  CHECK(refusal_of(call("why", "{}")).message == "\"target\" must be present");
  CHECK(refusal_of(call("why", R"({"target":""})")).code == -32602);
  CHECK(refusal_of(call("dht.get", R"({"key":")" + std::string(256, 'k') + "\"}")).code == -32602);
  CHECK(refusal_of(call("dht.put", R"({"key":"k"})")).code == -32602);
  CHECK(refusal_of(call("dht.put", R"({"key":"k","value":""})")).code == -32602);
  CHECK(refusal_of(call("dht.put", R"({"key":"k","value":"a","value_hex":"61"})")).code == -32602);
  CHECK(refusal_of(call("dht.put", R"({"key":"k","value_hex":"6"})")).code == -32602);
  CHECK(refusal_of(call("dht.put", R"({"key":"k","value":")" + std::string(1025, 'v') + "\"}")).code == -32602);
  CHECK(refusal_of(call("dht.put", R"({"key":"k","value":"v","ttl_s":0})")).code == -32602);
  CHECK(refusal_of(call("dht.put", R"({"key":"k","value":"v","ttl_s":604801})")).code == -32602);
  CHECK(refusal_of(call("dht.put", R"({"key":"k","value":"v","exclusive":1})")).code == -32602);
  CHECK(refusal_of(call("dns", R"({"query_hex":"xx"})")).code == -32602);
  CHECK(refusal_of(call("dns", R"({"query_hex":""})")).code == -32602);
  // Neither half a header nor an answer gets an answer.
  CHECK(refusal_of(call("dns", R"({"query_hex":"00"})")).message == "\"query_hex\" must be a DNS query");
  CHECK(refusal_of(call("dns", R"({"query_hex":"0001800000000000000000000000"})")).code == -32602);
}

TEST_CASE("S17: a request above 1 MiB or nested above 32 levels is refused before it is parsed") {
  CHECK(refusal_of(std::string(max_line + 1, ' ')).message == "a message is at most 1 MiB");
  CHECK(refusal_of(std::string(100'000, '[')).message == "a message nests at most 32 levels");
  const std::string deep = std::string(31, '[') + std::string(31, ']');
  CHECK(refusal_of(call("status", deep)).code == -32602);
  // Brackets in texts are no levels.
  const std::string text(64, '[');
  CHECK(command_of<node::WhyCommand>(call("why", R"({"target":")" + text + R"(\"["})")).target == text + "\"[");
}

TEST_CASE("S17: only put and stop change something") {
  CHECK(is_change(node::DhtPutCommand{}));
  CHECK(is_change(node::StopCommand{}));
  CHECK_FALSE(is_change(node::StatusCommand{}));
  CHECK_FALSE(is_change(node::DhtGetCommand{}));
  CHECK_FALSE(is_change(node::DhtWatchCommand{}));
  CHECK_FALSE(is_change(node::DnsCommand{}));
}
