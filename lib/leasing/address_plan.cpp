#include "leasing/address_plan.hpp"

#include <algorithm>
#include <bit>

namespace ipop::leasing {
namespace {

bool is_in(const std::vector<AddressRange>& ranges, net::Ipv4Address address) {
  return std::ranges::any_of(ranges, [&](const AddressRange& range) { return range.contains(address); });
}

Result<void> check_ranges(const AddressPlan& plan, const std::vector<AddressRange>& ranges) {
  for (const AddressRange& range : ranges) {
    if (range.last < range.first) return {Errc::malformed, to_string(range) + " ends before it begins"};
    if (!plan.prefix.contains(range.first) || !plan.prefix.contains(range.last))
      return {Errc::malformed, to_string(range) + " is not inside " + to_string(plan.prefix)};
  }
  return {};
}

/// The first address at or after `start`, around the end, that the plan offers and of which `next_good(first, last)`,
/// the first good one between two, says the same.
template <class NextGood>
std::optional<net::Ipv4Address> first_offered(const AddressPlan& plan, net::Ipv4Address start, NextGood next_good) {
  // Of the whole prefix, or of each range: what is not offered is not looked at.
  std::vector<AddressRange> parts = plan.ranges;
  if (parts.empty()) parts.push_back({plan.prefix.address(), plan.prefix.broadcast()});
  std::ranges::sort(parts, {}, &AddressRange::first);
  for (const bool is_second : {false, true}) {
    for (const AddressRange& part : parts) {
      const net::Ipv4Address first = is_second ? part.first : std::max(part.first, start);
      const net::Ipv4Address last =
          is_second && start.value() > 0 ? std::min(part.last, net::Ipv4Address(start.value() - 1)) : part.last;
      if (last < first || !plan.prefix.contains(first) || !plan.prefix.contains(last)) continue;
      for (std::uint64_t i = first.value(); i <= last.value(); ++i) {
        const std::optional<net::Ipv4Address> good = next_good(net::Ipv4Address(static_cast<std::uint32_t>(i)), last);
        if (!good) break;
        if (is_offered(plan, *good)) return good;
        // An exclusion may be most of the network: its end is next.
        const auto around =
            std::ranges::find_if(plan.excluded, [&](const AddressRange& range) { return range.contains(*good); });
        i = around == plan.excluded.end() ? good->value() : around->last.value();
      }
    }
  }
  return std::nullopt;
}

}  // namespace

Result<AddressRange> parse_address_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = net::parse_ipv4_address(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : net::parse_ipv4_address(text.substr(dash + 1));
  if (!first || !last)
    return {Errc::malformed,
            '"' + std::string(text.substr(0, 64)) + "\" is not an address or a range, like 10.128.0.10-10.128.0.99"};
  return AddressRange{*first, *last};
}

std::string to_string(const AddressRange& range) {
  if (range.first == range.last) return to_string(range.first);
  return to_string(range.first) + "-" + to_string(range.last);
}

Result<std::vector<AddressRange>> parse_address_ranges(std::string_view text) {
  std::vector<AddressRange> out;
  if (text.empty()) return out;
  while (true) {
    const auto comma = text.find(',');
    const auto range = parse_address_range(text.substr(0, comma));
    if (!range) return range.error();
    out.push_back(*range);
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

std::string to_string(const std::vector<AddressRange>& ranges) {
  std::string out;
  for (const AddressRange& range : ranges)
    out += (out.empty() ? "" : ",") + to_string(range);
  return out;
}

Result<void> check(const AddressPlan& plan) {
  if (plan.prefix.length() < 8 || plan.prefix.length() > 29)
    return {Errc::malformed, "the prefix " + to_string(plan.prefix) + " has no length from 8 to 29"};
  if (auto ranges = check_ranges(plan, plan.ranges); !ranges) return ranges;
  if (auto excluded = check_ranges(plan, plan.excluded); !excluded) return excluded;
  if (plan.lease_time < AddressPlan::shortest_lease || plan.lease_time > AddressPlan::longest_lease)
    return {Errc::malformed, "a lease lasts from 60s to 24h, not " + std::to_string(plan.lease_time.count()) + "s"};
  if (plan.mtu < 576 || plan.mtu > 9000)
    return {Errc::malformed, "the MTU is 576 to 9000, not " + std::to_string(plan.mtu)};
  if (plan.quota < 1 || plan.quota > 1'000'000) return {Errc::malformed, "the quota is 1 to 1000000"};
  if (!first_offered(plan, plan.prefix.address(),
                     [](net::Ipv4Address first, net::Ipv4Address) { return std::optional(first); }))
    return {Errc::malformed, "ranges and exclusions leave no address"};
  return {};
}

bool is_host_address(const AddressPlan& plan, net::Ipv4Address address) {
  const std::uint32_t last_octet = address.value() & 0xffU;
  return plan.prefix.contains(address) && address != plan.prefix.address() && address != plan.prefix.broadcast() &&
         address != plan.prefix.server_address() && last_octet != 0 && last_octet != 255;
}

bool is_offered(const AddressPlan& plan, net::Ipv4Address address) {
  return is_host_address(plan, address) && (plan.ranges.empty() || is_in(plan.ranges, address)) &&
         !is_in(plan.excluded, address);
}

AddressMap::AddressMap(const net::Ipv4Prefix& prefix)
    : prefix_(prefix), words_(((std::size_t{1} << (32U - prefix.length())) + word_bits - 1) / word_bits) {}

bool AddressMap::has(net::Ipv4Address address) const {
  if (!prefix_.contains(address)) return false;
  const std::uint32_t at = address.value() - prefix_.address().value();
  return (words_[at / word_bits] >> (at % word_bits) & 1U) != 0;
}

void AddressMap::set(net::Ipv4Address address, bool taken) {
  if (!prefix_.contains(address)) return;
  const std::uint32_t at = address.value() - prefix_.address().value();
  const std::uint64_t bit = std::uint64_t{1} << (at % word_bits);
  if (taken)
    words_[at / word_bits] |= bit;
  else
    words_[at / word_bits] &= ~bit;
}

std::optional<net::Ipv4Address> AddressMap::next_free(net::Ipv4Address first, net::Ipv4Address last) const {
  const std::uint32_t base = prefix_.address().value();
  const std::uint32_t end = last.value() - base;
  for (std::uint64_t at = first.value() - base; at <= end; at = (at / word_bits + 1) * word_bits) {
    // A million leases may lie in a row: a look takes 64 of them.
    const std::uint64_t free = ~words_[at / word_bits] >> (at % word_bits);
    if (free == 0) continue;
    const std::uint64_t found = at + static_cast<unsigned>(std::countr_zero(free));
    if (found > end) break;
    return net::Ipv4Address(base + static_cast<std::uint32_t>(found));
  }
  return std::nullopt;
}

std::optional<net::Ipv4Address> AddressMap::first_free(const AddressPlan& plan, net::Ipv4Address start) const {
  if (plan.prefix != prefix_) return std::nullopt;
  return first_offered(plan, start,
                       [&](net::Ipv4Address first, net::Ipv4Address last) { return next_free(first, last); });
}

}  // namespace ipop::leasing
