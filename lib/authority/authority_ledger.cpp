#include "authority/authority_ledger.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/hex.hpp"
#include "base/machine.hpp"

namespace ipop::authority {
namespace {

/// Fields stay in the order in which they are documented.
using Json = nlohmann::ordered_json;

constexpr std::size_t max_addresses = 8;
constexpr std::size_t max_serial = 20;
constexpr std::size_t max_text = 4096;
constexpr std::size_t max_der = 4096;

constexpr std::array<std::pair<SignedBy, std::string_view>, 6> signers{{{SignedBy::person, "person"},
                                                                        {SignedBy::policy, "policy"},
                                                                        {SignedBy::renewal, "renewal"},
                                                                        {SignedBy::server, "server"},
                                                                        {SignedBy::token, "token"},
                                                                        {SignedBy::administrator, "administrator"}}};

constexpr std::string_view chain_begin = ",\"chain\":\"";
constexpr std::string_view chain_end = "\"}";
constexpr std::size_t chain_size = chain_begin.size() + 2 * sizeof(LedgerLink) + chain_end.size();

LedgerLink next_link(const LedgerLink& link, std::string_view body) {
  Bytes input = to_bytes(link);
  append(input, as_bytes(body));
  const crypto::Digest256 digest = crypto::sha256(input);
  LedgerLink out{};
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

Json to_json(const std::vector<net::Ipv4Address>& addresses) {
  Json out = Json::array();
  for (const net::Ipv4Address address : addresses)
    out.push_back(to_string(address));
  return out;
}

void write(Json& out, const LedgerMade& event) {
  out["event"] = "made";
  out["authority"] = to_hex(event.authority);
  out["name"] = event.name;
}
void write(Json& out, const LedgerRequested& event) {
  out["event"] = "requested";
  out["key"] = to_hex(event.key);
  out["user"] = event.user;
  out["addresses"] = to_json(event.addresses);
  out["source"] = event.source;
}
void write(Json& out, const LedgerSigned& event) {
  out["event"] = "signed";
  out["key"] = to_hex(event.key);
  out["user"] = event.user;
  out["addresses"] = to_json(event.addresses);
  out["serial"] = to_hex(event.serial);
  out["not_before"] = event.not_before.seconds;
  out["not_after"] = event.not_after.seconds;
  out["by"] = std::string(to_string(event.by));
  out["certificate"] = to_hex(event.certificate);
  if (event.token) out["token"] = to_hex(*event.token);
  if (event.administrator) out["administrator"] = to_hex(*event.administrator);
}
void write(Json& out, const LedgerDenied& event) {
  out["event"] = "denied";
  out["key"] = to_hex(event.key);
  out["user"] = event.user;
  out["reason"] = event.reason;
  out["by"] = event.administrator ? "administrator" : event.by_policy ? "policy" : "person";
  if (event.administrator) out["administrator"] = to_hex(*event.administrator);
}
void write(Json& out, const LedgerRevoked& event) {
  out["event"] = "revoked";
  if (event.key) out["key"] = to_hex(*event.key);
  if (!event.user.empty()) out["user"] = event.user;
  out["reason"] = event.reason;
  out["number"] = event.number;
}
void write(Json& out, const LedgerToken& event) {
  out["event"] = "token";
  out["token"] = to_hex(event.token);
  out["uses"] = event.uses;
  out["expires"] = event.expires.seconds;
  if (!event.user.empty()) out["user"] = event.user;
  out["note"] = event.note;
}
void write(Json& out, const LedgerTokenEnded& event) {
  out["event"] = "token-ended";
  out["token"] = to_hex(event.token);
}
void write(Json& out, const LedgerLeftOut& event) {
  out["event"] = "left-out";
  out["key"] = to_hex(event.key);
  out["user"] = event.user;
}
void write(Json& out, const LedgerAdministrator& event) {
  out["event"] = "administrator";
  out["key"] = to_hex(event.key);
  out["user"] = event.user;
}
void write(Json& out, const LedgerAdministratorEnded& event) {
  out["event"] = "administrator-ended";
  out["key"] = to_hex(event.key);
}
void write(Json& out, const LedgerResumed& event) {
  out["event"] = "resumed";
  out["count"] = event.count;
  out["list"] = event.list;
}
void write(Json& out, const LedgerCrl&) {
  out["event"] = "crl";
}
void write(Json& out, const LedgerMended& event) {
  out["event"] = "mended";
  out["octets"] = event.octets;
}

/// Reads the fields of one line; the first wrong one is remembered.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  std::string text(const char* name) {
    const Json* field = find(name);
    if (field == nullptr || !field->is_string()) return fail(name), std::string();
    auto value = field->get<std::string>();
    if (value.size() > max_text) return fail(name), std::string();
    return value;
  }
  Bytes octets(const char* name, std::size_t largest) {
    const Json* field = find(name);
    auto value =
        field != nullptr && field->is_string() ? parse_hex(field->get_ref<const std::string&>()) : std::nullopt;
    if (!value || value->empty() || value->size() > largest) return fail(name), Bytes();
    return *std::move(value);
  }
  crypto::Digest256 digest(const char* name) {
    const Bytes value = octets(name, sizeof(crypto::Digest256));
    crypto::Digest256 out{};
    if (value.size() != out.size()) return fail(name), out;
    std::ranges::copy(value, out.begin());
    return out;
  }
  std::uint64_t number(const char* name) {
    const Json* field = find(name);
    // What a JSON reader keeps exact.
    constexpr std::uint64_t largest = std::uint64_t{1} << 53U;
    if (field == nullptr || !field->is_number_unsigned() || field->get<std::uint64_t>() > largest) return fail(name), 0;
    return field->get<std::uint64_t>();
  }
  WallTime time(const char* name) {
    const Json* field = find(name);
    // The years that an X.509 time can name: 1 to 9999.
    if (field == nullptr || !field->is_number_integer()) return fail(name), WallTime{};
    if (field->is_number_unsigned() && field->get<std::uint64_t>() > 253'402'300'799U) return fail(name), WallTime{};
    const auto value = field->get<std::int64_t>();
    if (value < -62'135'596'800) return fail(name), WallTime{};
    return WallTime{value};
  }
  std::vector<net::Ipv4Address> addresses(const char* name) {
    const Json* field = find(name);
    std::vector<net::Ipv4Address> out;
    if (field == nullptr || !field->is_array() || field->size() > max_addresses) return fail(name), out;
    for (const Json& element : *field) {
      const auto address =
          element.is_string() ? net::parse_ipv4_address(element.get_ref<const std::string&>()) : std::nullopt;
      if (!address) return fail(name), out;
      out.push_back(*address);
    }
    return out;
  }
  [[nodiscard]] bool has(const char* name) const { return find(name) != nullptr; }
  void fail(const char* name) {
    if (wrong_.empty()) wrong_ = name;
  }
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

 private:
  [[nodiscard]] const Json* find(const char* name) const {
    const auto it = object_.find(name);
    return it == object_.end() ? nullptr : &*it;
  }

  const Json& object_;
  std::string wrong_;
};

LedgerSigned read_signed(Fields& in) {
  LedgerSigned out;
  out.key = in.digest("key");
  out.user = in.text("user");
  out.addresses = in.addresses("addresses");
  out.serial = in.octets("serial", max_serial);
  out.not_before = in.time("not_before");
  out.not_after = in.time("not_after");
  const std::string by = in.text("by");
  const auto* known = std::ranges::find(signers, by, [](const auto& row) { return row.second; });
  if (known == signers.end()) in.fail("by");
  if (known != signers.end()) out.by = known->first;
  out.certificate = in.octets("certificate", max_der);
  if (in.has("token")) out.token = in.digest("token");
  if (out.token.has_value() != (out.by == SignedBy::token)) in.fail("token");
  if (in.has("administrator")) out.administrator = in.digest("administrator");
  if (out.administrator.has_value() != (out.by == SignedBy::administrator)) in.fail("administrator");
  return out;
}

LedgerDenied read_denied(Fields& in) {
  LedgerDenied out{in.digest("key"), in.text("user"), in.text("reason")};
  const std::string by = in.text("by");
  if (by != "policy" && by != "person" && by != "administrator") in.fail("by");
  out.by_policy = by == "policy";
  if (by == "administrator") out.administrator = in.digest("administrator");
  return out;
}

LedgerRevoked read_revoked(Fields& in) {
  LedgerRevoked out;
  if (in.has("key")) out.key = in.digest("key");
  if (in.has("user")) out.user = in.text("user");
  if (out.key.has_value() == !out.user.empty()) in.fail("user");
  out.reason = in.text("reason");
  out.number = in.number("number");
  return out;
}

LedgerToken read_token(Fields& in) {
  LedgerToken out{in.digest("token"), in.number("uses"), in.time("expires")};
  if (in.has("user")) out.user = in.text("user");
  out.note = in.text("note");
  if (out.uses == 0) in.fail("uses");
  return out;
}

/// None: a kind that is not known.
std::optional<LedgerEvent> read_event(std::string_view kind, Fields& in) {
  if (kind == "made") return LedgerMade{in.digest("authority"), in.text("name")};
  if (kind == "requested")
    return LedgerRequested{in.digest("key"), in.text("user"), in.addresses("addresses"), in.text("source")};
  if (kind == "signed") return read_signed(in);
  if (kind == "denied") return read_denied(in);
  if (kind == "revoked") return read_revoked(in);
  if (kind == "crl") return LedgerCrl{};
  if (kind == "token") return read_token(in);
  if (kind == "token-ended") return LedgerTokenEnded{in.digest("token")};
  if (kind == "left-out") return LedgerLeftOut{in.digest("key"), in.text("user")};
  if (kind == "administrator") return LedgerAdministrator{in.digest("key"), in.text("user")};
  if (kind == "administrator-ended") return LedgerAdministratorEnded{in.digest("key")};
  if (kind == "resumed") return LedgerResumed{in.number("count"), in.number("list")};
  if (kind == "mended") return LedgerMended{in.number("octets")};
  return std::nullopt;
}

}  // namespace

std::string_view to_string(SignedBy by) {
  for (const auto& [value, word] : signers)
    if (value == by) return word;
  return "person";
}

std::string to_line(const LedgerEntry& entry, LedgerLink& link) {
  Json json = Json::object();
  json["at"] = entry.at.seconds;
  std::visit([&](const auto& event) { write(json, event); }, entry.event);
  std::string body = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  body.pop_back();
  link = next_link(link, body);
  return body + std::string(chain_begin) + to_hex(link) + std::string(chain_end);
}

Result<LedgerEntry> parse_ledger_line(std::string_view line, LedgerLink& link) {
  if (line.size() > max_ledger_line) return {Errc::too_large, "the line is too long"};
  if (line.size() < chain_size || !line.ends_with(chain_end) ||
      line.substr(line.size() - chain_size, chain_begin.size()) != chain_begin)
    return {Errc::malformed, "the line does not end with its chain"};
  const std::string_view body = line.substr(0, line.size() - chain_size);
  const auto said = parse_hex(line.substr(body.size() + chain_begin.size(), 2 * sizeof(LedgerLink)));
  const LedgerLink next = next_link(link, body);
  if (!said || !equal(*said, next))
    return {Errc::bad_checksum, "the line was changed, or one before it was changed or taken out"};
  const Json json = Json::parse(std::string(body) + "}", nullptr, false);
  if (!json.is_object()) return {Errc::malformed, "not a JSON object"};
  Fields in(json);
  LedgerEntry out;
  out.at = in.time("at");
  const std::string kind = in.text("event");
  auto event = in.wrong().empty() ? read_event(kind, in) : std::optional<LedgerEvent>(LedgerCrl{});
  if (!event) return {Errc::unsupported, "an event of a later release"};
  if (!in.wrong().empty()) return {Errc::malformed, "the field \"" + in.wrong() + "\" is missing or wrong"};
  out.event = *std::move(event);
  link = next;
  return out;
}

}  // namespace ipop::authority
