#include <array>
#include <bitset>

#include "base/hex.hpp"
#include "base/machine.hpp"
#include "control/codec.hpp"

namespace ipop::control {

namespace {

// The words of the interface stand here and not in the layers whose enumerators they name: a log
// may be reworded, these may not.
constexpr std::array<std::pair<dht::Outcome, std::string_view>, 5> outcome_words{{
    {dht::Outcome::done, "done"},
    {dht::Outcome::exists, "exists"},
    {dht::Outcome::not_found, "not_found"},
    {dht::Outcome::no_majority, "no_majority"},
    {dht::Outcome::refused, "refused"},
}};
constexpr overlay::Role all_roles[] = {overlay::Role::near, overlay::Role::shortcut, overlay::Role::leaf,
                                       overlay::Role::on_demand};
static_assert(std::size(all_roles) == static_cast<std::size_t>(overlay::Role::count_));

std::string_view absence_word(node::Absence why) {
  switch (why) {
    case node::Absence::stopped: return "stopped";
    case node::Absence::revoked: return "revoked";
    case node::Absence::lost: break;
  }
  return "lost";
}

constexpr const char* status_schema = "ipop.status/1";
constexpr const char* peers_schema = "ipop.peers/1";
constexpr const char* members_schema = "ipop.members/1";
constexpr const char* why_schema = "ipop.why/1";
constexpr const char* dht_schema = "ipop.dht/1";
constexpr const char* dns_schema = "ipop.dns/1";
constexpr const char* endpoints_schema = "ipop.endpoints/1";
constexpr const char* done_schema = "ipop.done/1";

Json start(const char* schema) {
  Json out = Json::object();
  out["schema"] = schema;
  return out;
}

Json seconds_or_null(const std::optional<WallTime>& time) {
  return time ? Json(time->seconds) : Json(nullptr);
}

std::int64_t microseconds(Duration time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

void decode_suite(Fields& in, crypto::AeadSuite& out) {
  std::string name;
  in.get("suite", name);
  if (name == to_string(crypto::AeadSuite::chacha20_poly1305)) out = crypto::AeadSuite::chacha20_poly1305;
}

Json encode(const node::StatusAnswer& answer) {
  Json out = start(status_schema);
  out["id"] = to_string(answer.id);
  out["namespace"] = answer.name_space;
  out["version"] = answer.version;
  out["joined"] = answer.joined;
  out["ring_size_estimate"] = answer.ring_size_estimate;
  out["links"] = answer.links;
  out["direct_links"] = answer.direct_links;
  out["nat"] = word_of(answer.nat);
  out["local_endpoints"] = endpoint_list(answer.local_endpoints);
  out["observed_endpoints"] = endpoint_list(answer.observed_endpoints);
  out["prefix"] = text_or_null(answer.prefix);
  out["address"] = text_or_null(answer.address);
  out["lease_expires"] = seconds_or_null(answer.lease_expires);
  out["domain"] = answer.domain;
  out["names"] = answer.names;
  out["interface"] = answer.interface;
  out["cipher"] = answer.cipher;
  out["suite"] = to_string(answer.suite);
  out["library"] = answer.library;
  out["offloads"] = answer.offloads;
  out["workers"] = answer.workers;
  out["mtu"] = answer.mtu;
  out["uptime_ms"] = answer.uptime.count();
  out["dht_records"] = answer.dht_records;
  out["closed"] = answer.closed;
  out["revocation_number"] = answer.revocation_number;
  out["certificate_expires"] = seconds_or_null(answer.certificate_expires);
  out["revoked"] = seconds_or_null(answer.revoked);
  out["notices"] = answer.notices;
  Json counters = Json::object();
  for (const auto& [name, count] : answer.counters)
    counters[name] = count;
  out["counters"] = std::move(counters);
  return out;
}

void decode(Fields& in, node::StatusAnswer& out) {
  in.require("id").get("id", out.id);
  in.get("namespace", out.name_space);
  in.get("version", out.version);
  in.get("joined", out.joined);
  in.get("ring_size_estimate", out.ring_size_estimate);
  in.get("links", out.links);
  in.get("direct_links", out.direct_links);
  in.get("nat", out.nat);
  in.get("local_endpoints", out.local_endpoints);
  in.get("observed_endpoints", out.observed_endpoints);
  in.get("prefix", out.prefix);
  in.get("address", out.address);
  in.get("lease_expires", out.lease_expires);
  in.get("domain", out.domain);
  in.get("names", out.names);
  in.get("interface", out.interface);
  in.get("cipher", out.cipher);
  decode_suite(in, out.suite);
  in.get("library", out.library);
  in.get("offloads", out.offloads);
  in.get("workers", out.workers);
  in.get("mtu", out.mtu);
  in.get("uptime_ms", out.uptime);
  in.get("dht_records", out.dht_records);
  in.get("closed", out.closed);
  in.get("revocation_number", out.revocation_number);
  in.get("certificate_expires", out.certificate_expires);
  in.get("revoked", out.revoked);
  in.get("notices", out.notices);
  const Json* counters = in.object("counters");
  if (counters == nullptr) return;
  for (const auto& item : counters->items()) {
    if (!item.value().is_number_unsigned()) return in.fail("counters", "whole numbers");
    out.counters.emplace(item.key(), item.value().get<std::uint64_t>());
  }
}

Json encode(const node::PeersAnswer& answer) {
  Json out = start(peers_schema);
  Json rows = Json::array();
  for (const node::PeerRow& peer : answer.peers) {
    Json row = Json::object();
    row["id"] = to_string(peer.id);
    row["address"] = text_or_null(peer.address);
    row["direct"] = peer.direct;
    row["endpoint"] = text_or_null(peer.endpoint);
    row["relay"] = text_or_null(peer.relay);
    row["roles"] = peer.roles;
    row["round_trip_us"] = peer.round_trip.count();
    row["age_s"] = peer.age.count();
    row["idle_ms"] = peer.idle.count();
    row["octets_sent"] = peer.octets_sent;
    row["octets_received"] = peer.octets_received;
    row["reason"] = peer.reason;
    rows.push_back(std::move(row));
  }
  out["peers"] = std::move(rows);
  return out;
}

/// Decodes a list of objects, each by the `decode` of its row type.
template <class Row, class F>
void decode_rows(Fields& in, const char* name, std::vector<Row>& out, F&& decode_row) {
  for (const Json& item : in.array(name)) {
    Fields fields(item);
    Row row;
    decode_row(fields, row);
    if (!fields.ok()) return in.fail(name, "a list of documented objects");
    out.push_back(std::move(row));
  }
}

void decode(Fields& in, node::PeersAnswer& out) {
  decode_rows(in, "peers", out.peers, [](Fields& fields, node::PeerRow& row) {
    fields.require("id").get("id", row.id);
    fields.get("address", row.address);
    fields.get("direct", row.direct);
    fields.get("endpoint", row.endpoint);
    fields.get("relay", row.relay);
    fields.get("roles", row.roles);
    fields.get("round_trip_us", row.round_trip);
    fields.get("age_s", row.age);
    fields.get("idle_ms", row.idle);
    fields.get("octets_sent", row.octets_sent);
    fields.get("octets_received", row.octets_received);
    fields.get("reason", row.reason);
  });
}

Json encode(const node::GoneRow& member) {
  Json row = Json::object();
  row["id"] = to_string(member.id);
  row["address"] = text_or_null(member.address);
  row["name"] = member.name;
  row["last_seen"] = seconds_or_null(std::optional(member.last_seen));
  row["why"] = absence_word(member.why);
  return row;
}

void decode_gone(Fields& in, node::GoneRow& out) {
  in.require("id").get("id", out.id);
  in.get("address", out.address);
  in.get("name", out.name);
  in.get("last_seen", out.last_seen);
  std::string why;
  in.get("why", why);
  for (const node::Absence known : {node::Absence::stopped, node::Absence::revoked, node::Absence::lost})
    if (absence_word(known) == why) out.why = known;
}

Json encode(const node::MembersAnswer& answer) {
  Json out = start(members_schema);
  Json rows = Json::array();
  for (const node::MemberRow& member : answer.members) {
    Json row = Json::object();
    row["id"] = to_string(member.id);
    row["address"] = text_or_null(member.address);
    row["name"] = member.name;
    row["nat"] = word_of(member.nat);
    row["links"] = member.links;
    row["version"] = member.version;
    row["address_after_ms"] = member.address_after.count();
    row["answered"] = member.answered;
    rows.push_back(std::move(row));
  }
  out["members"] = std::move(rows);
  out["complete"] = answer.complete;
  Json gone = Json::array();
  for (const node::GoneRow& member : answer.gone)
    gone.push_back(encode(member));
  out["gone"] = std::move(gone);
  return out;
}

void decode(Fields& in, node::MembersAnswer& out) {
  decode_rows(in, "members", out.members, [](Fields& fields, node::MemberRow& row) {
    fields.require("id").get("id", row.id);
    fields.get("address", row.address);
    fields.get("name", row.name);
    fields.get("nat", row.nat);
    fields.get("links", row.links);
    fields.get("version", row.version);
    fields.get("address_after_ms", row.address_after);
    fields.get("answered", row.answered);
  });
  in.get("complete", out.complete);
  decode_rows(in, "gone", out.gone, [](Fields& fields, node::GoneRow& row) { decode_gone(fields, row); });
}

Json encode(const overlay::Connection& connection) {
  Json out = Json::object();
  out["direct"] = connection.is_direct();
  out["endpoint"] = connection.is_direct() ? Json(to_string(connection.endpoint)) : Json(nullptr);
  out["relay"] = connection.is_direct() ? Json(nullptr) : Json(to_string(connection.relay));
  Json roles = Json::array();
  for (const overlay::Role role : all_roles) {
    if (connection.has(role)) roles.push_back(to_string(role));
  }
  out["roles"] = std::move(roles);
  out["initiated_here"] = connection.initiated_here;
  out["round_trip_us"] = microseconds(connection.round_trip);
  out["carries"] = connection.carries;
  out["failing"] = connection.is_failing;
  out["suite"] = to_string(connection.suite);
  return out;
}

overlay::Connection decode_connection(Fields& in, const NodeId& peer) {
  overlay::Connection out;
  out.peer = peer;
  in.get("endpoint", out.endpoint);
  in.get("relay", out.relay);
  std::vector<std::string> words;
  in.get("roles", words);
  for (const overlay::Role role : all_roles) {
    if (std::ranges::find(words, to_string(role)) != words.end()) out.roles.set(static_cast<std::size_t>(role));
  }
  in.get("initiated_here", out.initiated_here);
  std::chrono::microseconds round_trip{};
  in.get("round_trip_us", round_trip);
  out.round_trip = round_trip;
  in.get("carries", out.carries);
  in.get("failing", out.is_failing);
  decode_suite(in, out.suite);
  return out;
}

Json encode(const node::WhyAnswer& answer) {
  Json out = start(why_schema);
  out["id"] = to_string(answer.id);
  out["address"] = text_or_null(answer.address);
  out["state"] = answer.state;
  out["reason"] = answer.reason;
  out["notices"] = answer.notices;
  out["connection"] = answer.report.connection ? encode(*answer.report.connection) : Json(nullptr);
  out["own_nat"] = word_of(answer.report.own_nat);
  out["peer_nat"] = word_of(answer.report.peer_nat);
  out["peer_candidates"] = endpoint_list(answer.report.peer_candidates);
  out["punch_attempts"] = answer.report.punch_attempts;
  out["next_hop"] = text_or_null(answer.report.next_hop);
  Json journal = Json::array();
  for (const auto& [age, text] : answer.journal) {
    Json row = Json::object();
    row["age_ms"] = age.count();
    row["text"] = text;
    journal.push_back(std::move(row));
  }
  out["journal"] = std::move(journal);
  out["library"] = answer.library.empty() ? Json(nullptr) : Json(answer.library);
  out["gone"] = answer.gone ? encode(*answer.gone) : Json(nullptr);
  return out;
}

void decode(Fields& in, node::WhyAnswer& out) {
  in.require("id").get("id", out.id);
  in.get("address", out.address);
  in.get("state", out.state);
  in.get("reason", out.reason);
  in.get("notices", out.notices);
  out.report.peer = out.id;
  if (const Json* connection = in.object("connection")) {
    Fields fields(*connection);
    out.report.connection = decode_connection(fields, out.id);
    if (!fields.ok()) in.fail("connection", "a documented object");
  }
  in.get("own_nat", out.report.own_nat);
  in.get("peer_nat", out.report.peer_nat);
  in.get("peer_candidates", out.report.peer_candidates);
  in.get("punch_attempts", out.report.punch_attempts);
  in.get("next_hop", out.report.next_hop);
  using Line = std::pair<std::chrono::milliseconds, std::string>;
  decode_rows(in, "journal", out.journal, [](Fields& fields, Line& row) {
    fields.get("age_ms", row.first);
    fields.get("text", row.second);
  });
  in.get("library", out.library);
  if (const Json* gone = in.object("gone")) {
    Fields fields(*gone);
    decode_gone(fields, out.gone.emplace());
    if (!fields.ok()) in.fail("gone", "a documented object");
  }
}

Json encode(const node::DhtAnswer& answer) {
  Json out = start(dht_schema);
  for (const auto& [outcome, word] : outcome_words) {
    if (outcome == answer.outcome) out["outcome"] = word;
  }
  Json rows = Json::array();
  for (const auto& value : answer.values) {
    Json row = Json::object();
    put_octets(row, "value", value.value);
    row["owner"] = to_string(value.owner);
    row["expires"] = value.expires.seconds;
    rows.push_back(std::move(row));
  }
  out["values"] = std::move(rows);
  out["detail"] = answer.detail;
  return out;
}

void decode(Fields& in, node::DhtAnswer& out) {
  std::string outcome;
  in.require("outcome").get("outcome", outcome);
  bool known = false;
  for (const auto& [value, word] : outcome_words) {
    if (word != outcome) continue;
    out.outcome = value;
    known = true;
  }
  if (!known) in.fail("outcome", "a documented word");
  decode_rows(in, "values", out.values, [](Fields& fields, node::DhtAnswer::Value& row) {
    fields.get_octets("value", row.value);
    fields.get("owner", row.owner);
    fields.get("expires", row.expires);
  });
  in.get("detail", out.detail);
}

Json encode(const node::DnsAnswer& answer) {
  Json out = start(dns_schema);
  out["message_hex"] = to_hex(answer.message);
  return out;
}

void decode(Fields& in, node::DnsAnswer& out) {
  std::string hex;
  in.require("message_hex").get("message_hex", hex);
  auto message = parse_hex(hex);
  if (!message) return in.fail("message_hex", "hexadecimal");
  out.message = *std::move(message);
}

Json encode(const node::EndpointsAnswer& answer) {
  Json out = start(endpoints_schema);
  out["id"] = to_string(answer.id);
  out["endpoints"] = endpoint_list(answer.endpoints);
  out["reachable_from_outside"] = answer.reachable_from_outside;
  return out;
}

void decode(Fields& in, node::EndpointsAnswer& out) {
  in.require("id").get("id", out.id);
  in.get("endpoints", out.endpoints);
  in.get("reachable_from_outside", out.reachable_from_outside);
}

Json encode(const node::DoneAnswer& /*answer*/) {
  return start(done_schema);
}

void decode(Fields& /*in*/, node::DoneAnswer& /*out*/) {}

template <class Wanted>
Result<node::Answer> decode_as(Fields& in) {
  Wanted out;
  decode(in, out);
  if (!in.ok()) return in.error();
  return node::Answer(std::move(out));
}

struct Schema {
  std::string_view name;
  Result<node::Answer> (*decode)(Fields&);
};
constexpr std::array<Schema, 8> schemas{{
    {status_schema, decode_as<node::StatusAnswer>},
    {peers_schema, decode_as<node::PeersAnswer>},
    {members_schema, decode_as<node::MembersAnswer>},
    {why_schema, decode_as<node::WhyAnswer>},
    {dht_schema, decode_as<node::DhtAnswer>},
    {dns_schema, decode_as<node::DnsAnswer>},
    {endpoints_schema, decode_as<node::EndpointsAnswer>},
    {done_schema, decode_as<node::DoneAnswer>},
}};

}  // namespace

Json endpoint_list(const std::vector<net::Endpoint>& endpoints) {
  Json out = Json::array();
  for (const net::Endpoint& endpoint : endpoints)
    out.push_back(to_string(endpoint));
  return out;
}

Json encode_result(const node::Answer& answer) {
  return std::visit([](const auto& value) { return encode(value); }, answer);
}

Result<node::Answer> decode_result(const Json& result) {
  Fields in(result);
  std::string name;
  in.require("schema").get("schema", name);
  if (!in.ok()) return in.error();
  for (const Schema& schema : schemas) {
    if (schema.name == name) return schema.decode(in);
  }
  return {Errc::unsupported, "an answer of another release (" + name.substr(0, 64) + ")"};
}

}  // namespace ipop::control
