#include "group_pool.hpp"

#include <algorithm>

#include "base/hex.hpp"
#include "server_files.hpp"

namespace ipop::ipop_dhcp {
namespace {

using leasing::AddressRange;

/// What the server may give out: all ranges of its plan, and what is reserved beside them. Empty: the whole network.
std::vector<AddressRange> given_out(const leasebook::LeaseGroup& group,
                                    const std::vector<leasebook::Reservation>& reserved) {
  std::vector<AddressRange> out = group.plan.ranges;
  if (out.empty()) return out;
  for (const leasebook::Reservation& it : reserved)
    if (std::ranges::none_of(group.plan.ranges, [&](const AddressRange& range) { return range.contains(it.address); }))
      out.push_back({it.address, it.address});
  return out;
}

/// True: each address of `ranges` is in one of `pool`.
bool covers(std::vector<AddressRange> pool, const std::vector<AddressRange>& ranges) {
  if (pool.empty()) return true;
  if (ranges.empty()) return false;
  std::ranges::sort(pool, {}, &AddressRange::first);
  return std::ranges::all_of(ranges, [&](const AddressRange& range) {
    std::uint64_t next = range.first.value();
    for (const AddressRange& part : pool)
      if (part.first.value() <= next && next <= part.last.value()) next = std::uint64_t{part.last.value()} + 1;
    return next > range.last.value();
  });
}

}  // namespace

std::string addresses_command(const leasebook::LeaseGroup& group, const std::vector<leasebook::Reservation>& reserved,
                              const crypto::PrivateKey& key, const std::string& place) {
  const auto fingerprint = crypto::key_fingerprint_of(key.public_key());
  const auto pool = given_out(group, reserved);
  return "ga-group addresses " + group.name + " --server " + place +
         (fingerprint ? " --key " + to_hex(*fingerprint) : "") + (pool.empty() ? "" : " --pool " + to_string(pool));
}

void compare_with_group_file(const Context& context, leasebook::LeaseBook& book, const leasebook::LeaseGroup& group,
                             const crypto::PrivateKey& key) {
  const auto file = load_group_file(context, group.name);
  const auto fingerprint = crypto::key_fingerprint_of(key.public_key());
  if (!file || !fingerprint || !file->address_server || file->address_server->key != *fingerprint) return;
  const auto reserved = book.reservations(group.id);
  if (!reserved || covers(file->address_server->pool, given_out(group, *reserved))) return;
  context.streams.err << "The group's file gives this server only " << to_string(file->address_server->pool)
                      << "; the ring gives out the other addresses too.\n";
  cli::suggest(context.streams, addresses_command(group, *reserved, key, file->address_server->place) +
                                    (file->address_server->ring_when_silent ? " --fallback ring" : ""));
}

}  // namespace ipop::ipop_dhcp
