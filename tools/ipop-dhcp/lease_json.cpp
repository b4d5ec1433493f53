#include "lease_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include <nlohmann/json.hpp>

#include "base/hex.hpp"

namespace ipop::ipop_dhcp {
namespace {

using Json = nlohmann::ordered_json;
using leasebook::Lease;
using leasebook::LeaseBook;

constexpr std::string_view leases_schema = "ipop-dhcp.leases/1";
constexpr std::string_view changes_schema = "ipop-dhcp.changes/1";
// Of a certificate's common name (RFC 5280, A.1), and more than an address with brackets has.
constexpr std::size_t largest_user = 64;
constexpr std::size_t largest_source = 64;
constexpr std::string_view csv_title = "address,node,user,host_name,source,granted,expires,released,group";
// A list that somebody made by hand may say no group.
constexpr std::string_view csv_title_without_group = csv_title.substr(0, csv_title.rfind(','));

Error wrong(const std::string& what) {
  return make_error(make_error_code(Errc::malformed), what);
}

Json to_object(const Lease& lease) {
  Json out{{"address", to_string(lease.address)}, {"node", to_string(lease.node)}, {"user", lease.user},
           {"host_name", lease.host_name},        {"source", lease.source},        {"granted", lease.granted.seconds},
           {"expires", lease.expires.seconds},    {"released", lease.released},    {"sequence", lease.sequence}};
  if (lease.key) out["key"] = to_hex(*lease.key);
  return out;
}

/// A field of one of JSON's types, or none.
template <class T>
bool read(const Json& object, const char* key, T& out) {
  const auto found = object.find(key);
  if (found == object.end()) return false;
  if constexpr (std::is_same_v<T, bool>) {
    if (!found->is_boolean()) return false;
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!found->is_string()) return false;
  } else {
    if (!found->is_number_integer() || (std::is_unsigned_v<T> && !found->is_number_unsigned())) return false;
  }
  out = found->get<T>();
  return true;
}

Result<Lease> lease_of(const Json& object, const std::string& place) {
  if (!object.is_object()) return wrong(place + ": no object");
  Lease out;
  std::string address;
  std::string node;
  if (!read(object, "address", address) || !read(object, "node", node)) return wrong(place + ": no address or node");
  const auto at = net::parse_ipv4_address(address);
  const auto id = parse_node_id(node);
  if (!at) return wrong(place + ": the address \"" + address.substr(0, 32) + "\" is none like 10.128.0.7");
  if (!id) return wrong(place + ": the node \"" + node.substr(0, 40) + "\" is no id of 32 letters and digits");
  out.address = *at;
  out.node = *id;
  (void)read(object, "user", out.user);
  (void)read(object, "host_name", out.host_name);
  (void)read(object, "source", out.source);
  (void)read(object, "released", out.released);
  if (object.contains("sequence") && !read(object, "sequence", out.sequence))
    return wrong(place + ": sequence is not a number like 459601093120");
  std::string key;
  if (read(object, "key", key)) {
    const auto octets = parse_hex(key);
    if (!octets || octets->size() != std::tuple_size_v<crypto::Digest256>)
      return wrong(place + ": the key is not 64 hexadecimal digits");
    std::ranges::copy(*octets, out.key.emplace().begin());
  }
  if (!out.host_name.empty() && !leasing::is_host_name(out.host_name))
    return wrong(place + ": the host name is no label of a-z, 0-9 and -");
  if (!read(object, "granted", out.granted.seconds) || !read(object, "expires", out.expires.seconds))
    return wrong(place + ": no times, like \"granted\": 1795316770");
  return out;
}

std::string csv_cell(std::string_view cell) {
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(cell);
  std::string out = "\"";
  for (const char c : cell)
    out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

/// The next record of a CSV text (RFC 4180, section 2); takes it off `text`. Nullopt: a quote that nothing ends.
std::optional<std::vector<std::string>> take_record(std::string_view& text) {
  std::vector<std::string> cells(1);
  bool in_quotes = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (in_quotes && c == '"' && at + 1 < text.size() && text[at + 1] == '"') {
      cells.back() += '"';
      ++at;
    } else if (c == '"') {
      in_quotes = !in_quotes;
    } else if (in_quotes) {
      cells.back() += c;
    } else if (c == ',') {
      cells.emplace_back();
    } else if (c == '\n') {
      break;
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  if (in_quotes) return std::nullopt;
  text.remove_prefix(std::min(at + 1, text.size()));
  return cells;
}

/// What no server writes, and what would keep an address or a node from everybody: an end that is too far, a sequence
/// of tomorrow, text that is none.
Result<void> check_plausible(const Lease& lease, WallTime now, const std::string& place) {
  const WallTime latest = now + leasing::clock_tolerance;
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
  const auto is_visible = [](char c) { return c > ' ' && c < 0x7f; };
  if (lease.granted.seconds < 0 || lease.granted > latest)
    return wrong(place + ": granted is not a time of the past, in seconds since 1970");
  if (!lease.released && lease.expires <= lease.granted) return wrong(place + ": expires is not after granted");
  if (lease.expires > latest + leasing::AddressPlan::longest_lease)
    return wrong(place + ": expires is more than 24 hours from now");
  if (lease.sequence > leasing::sequence_at(latest)) return wrong(place + ": sequence is ahead of this clock");
  if (lease.user.size() > largest_user || std::ranges::any_of(lease.user, is_control))
    return wrong(place + ": user is not a name of at most 64 octets");
  if (lease.source.size() > largest_source || !std::ranges::all_of(lease.source, is_visible))
    return wrong(place + ": source is not an address like 192.0.2.7");
  return {};
}

/// The first line, without what ends it.
std::string_view first_line(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

bool is_csv(std::string_view text) {
  return first_line(text) == csv_title || first_line(text) == csv_title_without_group;
}

Error of_other_group(const std::string& place, const std::string& group, std::string_view ours) {
  return wrong(place + ": leases of group " + group.substr(0, 32) + ", not of " + std::string(ours));
}

Result<std::vector<Lease>> parse_csv(std::string_view text, std::string_view group, WallTime now) {
  std::vector<Lease> out;
  std::size_t next = 2;  // the line; the titles are the first
  const std::string_view title = first_line(text);
  const auto columns = static_cast<std::size_t>(std::ranges::count(title, ',')) + 1;
  text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  while (!text.empty()) {
    const std::string place = "line " + std::to_string(next);
    const std::string_view before = text;
    const auto cells = take_record(text);
    next += static_cast<std::size_t>(std::ranges::count(before.substr(0, before.size() - text.size()), '\n'));
    if (!cells) return wrong(place + ": a quote without an end");
    if (cells->size() == 1 && cells->front().empty()) continue;
    if (cells->size() != columns)
      return wrong(place + ": not " + std::to_string(columns) + " columns: " + std::string(title));
    if (columns == 9 && cells->back() != group) return of_other_group(place, cells->back(), group);
    const auto number = [](const std::string& cell) -> Json {
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
      return error == std::errc() && end == cell.data() + cell.size() ? Json(value) : Json(cell);
    };
    if ((*cells)[7] != "yes" && (*cells)[7] != "no") return wrong(place + ": released is yes or no");
    auto lease = lease_of({{"address", (*cells)[0]},
                           {"node", (*cells)[1]},
                           {"user", (*cells)[2]},
                           {"host_name", (*cells)[3]},
                           {"source", (*cells)[4]},
                           {"granted", number((*cells)[5])},
                           {"expires", number((*cells)[6])},
                           {"released", (*cells)[7] == "yes"}},
                          place);
    if (!lease) return std::move(lease).error();
    if (auto good = check_plausible(*lease, now, place); !good) return std::move(good).error();
    out.push_back(*std::move(lease));
  }
  return out;
}

/// Octets of a text, with the line that the reader is in.
class LineCounter {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  LineCounter(const char* at, std::size_t& line) : at_(at), line_(&line) {}
  reference operator*() const { return *at_; }
  LineCounter& operator++() {
    if (*at_++ == '\n') ++*line_;
    return *this;
  }
  friend bool operator==(const LineCounter& a, const LineCounter& b) { return a.at_ == b.at_; }

 private:
  const char* at_;
  std::size_t* line_;
};

/// A JSON text, and where in it the group and each entry of the list `leases` stand.
struct Located {
  Json json{};
  std::size_t group_line = 1;
  std::vector<std::size_t> lines{};
};

Located parse_located(std::string_view text) {
  Located out;
  std::size_t line = 1;
  bool in_leases = false;
  const auto note = [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (depth == 1 && event == Event::key) {
      in_leases = parsed == "leases";
      if (parsed == "group") out.group_line = line;
    }
    if (depth == 2 && in_leases &&
        (event == Event::object_start || event == Event::array_start || event == Event::value))
      out.lines.push_back(line);
    return true;
  };
  out.json = Json::parse(LineCounter(text.data(), line), LineCounter(text.data() + text.size(), line), note, false);
  return out;
}

}  // namespace

std::string to_json(const leasebook::LeaseGroup& group, const std::vector<Lease>& leases) {
  std::string out =
      "{\"schema\": " + Json(leases_schema).dump() + ", \"group\": " + Json(group.name).dump() + ", \"leases\": [";
  const char* between = "\n";
  for (const Lease& lease : leases) {
    out += between + to_object(lease).dump(-1, ' ', false, Json::error_handler_t::replace);
    between = ",\n";
  }
  return out + "\n]}\n";
}

std::string to_csv(const leasebook::LeaseGroup& group, const std::vector<Lease>& leases) {
  std::string out = std::string(csv_title) + "\n";
  for (const Lease& lease : leases)
    out += to_string(lease.address) + "," + to_string(lease.node) + "," + csv_cell(lease.user) + "," +
           csv_cell(lease.host_name) + "," + csv_cell(lease.source) + "," + std::to_string(lease.granted.seconds) +
           "," + std::to_string(lease.expires.seconds) + "," + (lease.released ? "yes" : "no") + "," +
           csv_cell(group.name) + "\n";
  return out;
}

Result<std::vector<Lease>> parse_leases(std::string_view text, std::string_view group, WallTime now) {
  if (is_csv(text)) return parse_csv(text, group, now);
  const auto [json, group_line, lines] = parse_located(text);
  std::string schema;
  if (json.is_discarded() || !json.is_object() || !read(json, "schema", schema) || schema != leases_schema)
    return wrong("neither JSON of schema " + std::string(leases_schema) + " nor CSV with the titles " +
                 std::string(csv_title));
  std::string of;
  if (read(json, "group", of) && of != group) return of_other_group("line " + std::to_string(group_line), of, group);
  const auto entries = json.find("leases");
  if (entries == json.end() || !entries->is_array()) return wrong("no list \"leases\"");
  std::vector<Lease> out;
  for (const Json& entry : *entries) {
    // A list that stands there twice has more lines than entries, and no fewer.
    const std::string place = "line " + std::to_string(lines[std::min(out.size(), lines.size() - 1)]);
    auto lease = lease_of(entry, place);
    if (!lease) return std::move(lease).error();
    if (auto good = check_plausible(*lease, now, place); !good) return std::move(good).error();
    out.push_back(*std::move(lease));
  }
  return out;
}

std::string to_json(const LeaseBook::Changes& changes) {
  Json groups = Json::array();
  for (const leasebook::LeaseGroup& group : changes.groups) {
    const leasing::AddressPlan& plan = group.plan;
    groups.push_back({{"id", group.id},
                      {"name", group.name},
                      {"name_space", group.name_space},
                      {"prefix", to_string(plan.prefix)},
                      {"ranges", to_string(plan.ranges)},
                      {"excluded", to_string(plan.excluded)},
                      {"lease_seconds", plan.lease_time.count()},
                      {"domain", plan.domain},
                      {"mtu", plan.mtu},
                      {"quota", plan.quota},
                      {"takes_unsigned", plan.takes_unsigned}});
  }
  Json reservations = Json::array();
  for (const auto& [group, entries] : changes.reservations)
    for (const leasebook::Reservation& it : entries)
      reservations.push_back({{"group", group},
                              {"address", to_string(it.address)},
                              {"kind", to_string(it.kind)},
                              {"whom", it.whom},
                              {"note", it.note}});
  Json leases = Json::array();
  for (const auto& [group, lease] : changes.leases) {
    Json entry = to_object(lease);
    entry["group"] = group;
    leases.push_back(std::move(entry));
  }
  const Json all = {{"schema", changes_schema},
                    {"last", changes.last},
                    {"groups", std::move(groups)},
                    {"reservations", std::move(reservations)},
                    {"leases", std::move(leases)}};
  return all.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<LeaseBook::Changes> parse_changes(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  std::string schema;
  LeaseBook::Changes out;
  if (json.is_discarded() || !json.is_object() || !read(json, "schema", schema) || schema != changes_schema ||
      !read(json, "last", out.last))
    return wrong("not the changes of a lease server");
  for (const char* list : {"groups", "reservations", "leases"})
    if (!json.contains(list) || !json[list].is_array()) return wrong(std::string("no list ") + list);
  for (const Json& entry : json["groups"]) {
    leasebook::LeaseGroup group;
    leasing::AddressPlan& plan = group.plan;
    std::string prefix;
    std::string ranges;
    std::string excluded;
    std::int64_t seconds = 0;
    if (!entry.is_object() || !read(entry, "id", group.id) || !read(entry, "name", group.name) ||
        !read(entry, "name_space", group.name_space) || !read(entry, "prefix", prefix) ||
        !read(entry, "ranges", ranges) || !read(entry, "excluded", excluded) ||
        !read(entry, "lease_seconds", seconds) || !read(entry, "domain", plan.domain) ||
        !read(entry, "mtu", plan.mtu) || !read(entry, "quota", plan.quota) ||
        !read(entry, "takes_unsigned", plan.takes_unsigned))
      return wrong("a group without all of its plan");
    const auto network = net::parse_ipv4_prefix(prefix);
    auto offered = leasing::parse_address_ranges(ranges);
    auto left_out = leasing::parse_address_ranges(excluded);
    if (!network || !offered || !left_out) return wrong("a group's plan that is none");
    plan.prefix = *network;
    plan.ranges = *std::move(offered);
    plan.excluded = *std::move(left_out);
    plan.lease_time = std::chrono::seconds(seconds);
    if (auto good = check(plan); !good) return std::move(good).error();
    out.reservations.emplace_back(group.id, std::vector<leasebook::Reservation>());
    out.groups.push_back(std::move(group));
  }
  for (const Json& entry : json["reservations"]) {
    std::int64_t group = 0;
    std::string address;
    std::string kind;
    leasebook::Reservation reservation;
    if (!entry.is_object() || !read(entry, "group", group) || !read(entry, "address", address) ||
        !read(entry, "kind", kind) || !read(entry, "whom", reservation.whom) || !read(entry, "note", reservation.note))
      return wrong("a reservation that is none");
    const auto at = net::parse_ipv4_address(address);
    const auto what = leasebook::parse_reservation_kind(kind);
    const auto of = std::ranges::find(out.reservations, group, [](const auto& it) { return it.first; });
    if (!at || !what || of == out.reservations.end()) return wrong("a reservation that is none");
    reservation.address = *at;
    reservation.kind = *what;
    of->second.push_back(std::move(reservation));
  }
  for (const Json& entry : json["leases"]) {
    auto lease = lease_of(entry, "lease " + std::to_string(out.leases.size() + 1));
    if (!lease) return std::move(lease).error();
    std::int64_t group = 0;
    if (!read(entry, "group", group)) return wrong("a lease without a group");
    out.leases.emplace_back(group, *std::move(lease));
  }
  return out;
}

}  // namespace ipop::ipop_dhcp
