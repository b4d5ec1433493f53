#include "router/lease_server.hpp"

#include <algorithm>

#include "leasing/lease_grant.hpp"
#include "router/lease_record.hpp"

namespace ipop::router {

bool LeaseServer::gives_out(net::Ipv4Address address) const {
  return pool.empty() ||
         std::ranges::any_of(pool, [&](const leasing::AddressRange& range) { return range.contains(address); });
}

bool ServerGrants::covers(const dht::Record& record) const {
  if (record.kind != dht::RecordKind::lease) return false;
  const auto address = address_of(record.name);
  return address && server_.gives_out(*address);
}

std::optional<WallTime> ServerGrants::granted(const dht::Record& record) const {
  const auto address = address_of(record.name);
  const auto value = decode_lease_value(record.value);
  if (!address || !value || value->grant.empty()) return std::nullopt;
  const auto grant = leasing::decode_lease_grant(value->grant);
  const auto owner = dht::owner_id_of(record);
  if (!grant || !owner || grant->address != *address || grant->node != *owner) return std::nullopt;
  if (record.expires > grant->expires) return std::nullopt;
  if (!leasing::check(*grant, name_space_, server_.key)) return std::nullopt;
  return grant->issued;
}

}  // namespace ipop::router
