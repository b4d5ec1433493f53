#include "router/lease_record.hpp"

#include <algorithm>

#include "leasing/lease_request.hpp"
#include "router/c_name.hpp"

namespace ipop::router {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint8_t version_with_grant = 2;

Result<NodeId> checked_holder(const dht::Record& record, dht::RecordKind kind, ByteSpan name_space, WallTime now) {
  if (record.kind != kind) return {Errc::malformed, "record of another kind"};
  if (record.expires <= now) return {Errc::expired, "record has ended"};
  if (record.is_tombstone()) return {Errc::not_found, "released"};
  const auto checked = dht::check(record, name_space);
  if (!checked) return checked.error();
  return dht::owner_id_of(record);
}

}  // namespace

Result<LeaseValue> decode_lease_value(ByteSpan octets) {
  ByteReader in(octets);
  const auto form = in.read<std::uint8_t>();
  const NodeId holder(in.take_array<NodeId::size>());
  const std::string_view name = as_text(in.take_sized8());
  const bool has_grant = form == version_with_grant;
  const ByteSpan grant = has_grant ? in.take_sized8() : ByteSpan();
  if (!in.ok()) return {Errc::truncated, "lease value"};
  if (form != version && !has_grant) return {Errc::unsupported, "lease value version"};
  if (has_grant && grant.empty()) return {Errc::malformed, "lease value without its grant"};
  if (in.remaining() != 0) return {Errc::malformed, "octets after the lease value"};
  if (!name.empty() && normal_host_name(name) != name) return {Errc::malformed, "lease value name"};
  return LeaseValue{holder, std::string(name), to_bytes(grant)};
}

Result<NameValue> decode_name_value(ByteSpan octets) {
  ByteReader in(octets);
  const auto form = in.read<std::uint8_t>();
  const NodeId holder(in.take_array<NodeId::size>());
  const net::Ipv4Address address(in.read<std::uint32_t>());
  if (!in.ok()) return {Errc::truncated, "name value"};
  if (form != version) return {Errc::unsupported, "name value version"};
  if (in.remaining() != 0) return {Errc::malformed, "octets after the name value"};
  return NameValue{holder, address};
}

Bytes encode(const LeaseValue& value) {
  Bytes out;
  ByteWriter writer(out);
  writer.write(value.grant.empty() ? version : version_with_grant);
  writer.write(ByteSpan(value.holder.octets()));
  writer.write_sized8(as_bytes(value.name));
  if (!value.grant.empty()) writer.write_sized8(value.grant);
  return out;
}

Bytes encode(const NameValue& value) {
  Bytes out;
  ByteWriter writer(out);
  writer.write(version);
  writer.write(ByteSpan(value.holder.octets()));
  writer.write(value.address.value());
  return out;
}

Bytes record_name(net::Ipv4Address address) {
  Bytes out;
  ByteWriter(out).write(address.value());
  return out;
}

Bytes record_name(const std::string& name) {
  return to_bytes(as_bytes(name));
}

std::optional<net::Ipv4Address> address_of(ByteSpan record_name) {
  if (record_name.size() != 4) return std::nullopt;
  return net::Ipv4Address(ByteReader(record_name).read<std::uint32_t>());
}

std::uint64_t next_sequence(std::uint64_t last, WallTime wall) {
  return std::max(last + 1, leasing::sequence_at(wall));
}

Result<CheckedLease> check_lease(const dht::Record& record, ByteSpan name_space, WallTime now) {
  const auto owner = checked_holder(record, dht::RecordKind::lease, name_space, now);
  if (!owner) return owner.error();
  const auto address = address_of(record.name);
  if (!address) return {Errc::malformed, "lease record without an address"};
  auto value = decode_lease_value(record.value);
  if (!value) return std::move(value).error();
  if (value->holder != *owner) return {Errc::not_authorized, "lease of a node that did not sign it"};
  return CheckedLease{*address, *owner, std::move(value->name), record.expires};
}

Result<CheckedName> check_name(const dht::Record& record, ByteSpan name_space, WallTime now) {
  const auto owner = checked_holder(record, dht::RecordKind::name, name_space, now);
  if (!owner) return owner.error();
  const std::string_view name = as_text(record.name);
  if (normal_host_name(name) != name) return {Errc::malformed, "name record without a host name"};
  const auto value = decode_name_value(record.value);
  if (!value) return value.error();
  if (value->holder != *owner) return {Errc::not_authorized, "name of a node that did not sign it"};
  return CheckedName{std::string(name), value->address, *owner, record.expires};
}

std::optional<std::size_t> prevailing(const std::vector<dht::Record>& records, ByteSpan name, const dht::Group& group,
                                      WallTime now) {
  const auto counts = [&](const dht::Record& record) {
    return record.expires > now && equal(record.name, name) && dht::check(record, group.name_space).has_value() &&
           !group.lacks_grant(record);
  };
  // A tombstone ends its owner's older records; it holds nothing against another owner.
  const auto is_released = [&](const dht::Record& record) {
    return std::ranges::any_of(records, [&](const dht::Record& other) {
      return other.is_tombstone() && other.owner == record.owner && other.sequence > record.sequence && counts(other);
    });
  };
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const dht::Record& record = records[i];
    if (record.is_tombstone() || !counts(record) || is_released(record)) continue;
    if (!best || dht::prevails(record, records[*best], group, fewest_replicas)) best = i;
  }
  return best;
}

std::optional<NodeId> holder_of_name(const std::vector<dht::Record>& records, const std::string& label,
                                     const dht::Group& group, WallTime now) {
  const auto best = prevailing(records, record_name(label), group, now);
  if (!best) return std::nullopt;
  const auto checked = check_name(records[*best], group.name_space, now);
  if (!checked) return std::nullopt;
  return checked->holder;
}

}  // namespace ipop::router
