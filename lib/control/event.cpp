#include <array>

#include "base/machine.hpp"
#include "control/codec.hpp"

namespace ipop::control {

namespace {

constexpr const char* event_schema = "ipop.event/1";

Json start_event(const char* word) {
  Json out = Json::object();
  out["schema"] = event_schema;
  out["event"] = word;
  return out;
}

Json encode(const node::JoinedEvent& /*event*/) {
  return start_event("joined");
}
Json encode(const node::LeaseHeldEvent& event) {
  Json out = start_event("lease_held");
  out["address"] = to_string(event.address);
  out["prefix"] = to_string(event.prefix);
  out["expires"] = event.expires.seconds;
  return out;
}
Json encode(const node::LeaseLostEvent& event) {
  Json out = start_event("lease_lost");
  out["address"] = to_string(event.address);
  out["why"] = event.why;
  return out;
}
Json encode(const node::PeerUpEvent& event) {
  Json out = start_event("peer_up");
  out["id"] = to_string(event.id);
  out["direct"] = event.direct;
  return out;
}
Json encode(const node::PeerDownEvent& event) {
  Json out = start_event("peer_down");
  out["id"] = to_string(event.id);
  out["why"] = event.why;
  return out;
}
Json encode(const node::NameHeldEvent& event) {
  Json out = start_event("name_held");
  out["name"] = event.name;
  return out;
}
Json encode(const node::ReachabilityEvent& event) {
  Json out = start_event("reachability");
  out["nat"] = word_of(event.nat);
  out["observed"] = endpoint_list(event.observed);
  return out;
}

Json encode(const node::DhtChangedEvent& event) {
  Json out = start_event("dht_changed");
  out["key"] = event.key;
  return out;
}

void decode(Fields& /*in*/, node::JoinedEvent& /*out*/) {}
void decode(Fields& in, node::LeaseHeldEvent& out) {
  in.require("address").get("address", out.address);
  in.require("prefix").get("prefix", out.prefix);
  in.get("expires", out.expires);
}
void decode(Fields& in, node::LeaseLostEvent& out) {
  in.require("address").get("address", out.address);
  in.get("why", out.why);
}
void decode(Fields& in, node::PeerUpEvent& out) {
  in.require("id").get("id", out.id);
  in.get("direct", out.direct);
}
void decode(Fields& in, node::PeerDownEvent& out) {
  in.require("id").get("id", out.id);
  in.get("why", out.why);
}
void decode(Fields& in, node::NameHeldEvent& out) {
  in.require("name").get("name", out.name);
}
void decode(Fields& in, node::ReachabilityEvent& out) {
  in.get("nat", out.nat);
  in.get("observed", out.observed);
}

void decode(Fields& in, node::DhtChangedEvent& out) {
  in.require("key").get("key", out.key);
}

template <class Wanted>
Result<node::Event> decode_as(Fields& in) {
  Wanted out;
  decode(in, out);
  if (!in.ok()) return in.error();
  return node::Event(std::move(out));
}

struct Kind {
  std::string_view word;
  Result<node::Event> (*decode)(Fields&);
};
constexpr std::array<Kind, 8> kinds{{
    {"joined", decode_as<node::JoinedEvent>},
    {"lease_held", decode_as<node::LeaseHeldEvent>},
    {"lease_lost", decode_as<node::LeaseLostEvent>},
    {"peer_up", decode_as<node::PeerUpEvent>},
    {"peer_down", decode_as<node::PeerDownEvent>},
    {"name_held", decode_as<node::NameHeldEvent>},
    {"reachability", decode_as<node::ReachabilityEvent>},
    {"dht_changed", decode_as<node::DhtChangedEvent>},
}};

}  // namespace

Json encode_params(const node::Event& event) {
  return std::visit([](const auto& value) { return encode(value); }, event);
}

Result<node::Event> decode_params(const Json& params) {
  Fields in(params);
  std::string word;
  in.require("event").get("event", word);
  if (!in.ok()) return in.error();
  for (const Kind& kind : kinds) {
    if (kind.word == word) return kind.decode(in);
  }
  return {Errc::unsupported, "an event of another release (" + word.substr(0, 64) + ")"};
}

}  // namespace ipop::control
