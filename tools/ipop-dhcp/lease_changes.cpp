#include "lease_changes.hpp"

#include <algorithm>

#include "lease_fields.hpp"

namespace ipop::ipop_dhcp {
namespace {

using leasebook::LeaseBook;

constexpr std::string_view changes_schema = "ipop-dhcp.changes/1";

}  // namespace

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
