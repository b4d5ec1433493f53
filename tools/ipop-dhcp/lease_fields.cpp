#include "lease_fields.hpp"

#include <algorithm>

#include "base/hex.hpp"

namespace ipop::ipop_dhcp {
namespace {

using leasebook::Lease;

// Of a certificate's common name (RFC 5280, A.1), and more than an address with brackets has.
constexpr std::size_t largest_user = 64;
constexpr std::size_t largest_source = 64;

}  // namespace

Error of_other_group(const std::string& place, const std::string& group, std::string_view ours) {
  return wrong(place + ": leases of group " + group.substr(0, 32) + ", not of " + std::string(ours));
}

Json to_object(const Lease& lease) {
  Json out{{"address", to_string(lease.address)}, {"node", to_string(lease.node)}, {"user", lease.user},
           {"host_name", lease.host_name},        {"source", lease.source},        {"granted", lease.granted.seconds},
           {"expires", lease.expires.seconds},    {"released", lease.released},    {"sequence", lease.sequence}};
  if (lease.key) out["key"] = to_hex(*lease.key);
  return out;
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

}  // namespace ipop::ipop_dhcp
