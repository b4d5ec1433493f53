// The words of a firewall plan: text from a command line or a file becomes a checked value here.

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "firewall/firewall_plan.hpp"

namespace ipop::firewall {
namespace {

constexpr std::array<std::pair<std::string_view, bool PhysicalNeeds::*>, 4> need_words{{
    {"dhcp", &PhysicalNeeds::dhcp},
    {"dns", &PhysicalNeeds::dns},
    {"ntp", &PhysicalNeeds::ntp},
    {"lan", &PhysicalNeeds::lan},
}};

constexpr std::array<std::pair<std::string_view, PoolRole>, 4> role_words{{
    {"none", PoolRole::none},
    {"worker", PoolRole::worker},
    {"submit", PoolRole::submit},
    {"manager", PoolRole::manager},
}};

Error malformed(std::string_view typed, std::string_view right) {
  return make_error(make_error_code(Errc::malformed),
                    "\"" + std::string(typed.substr(0, 64)) + "\" is not " + std::string(right));
}

/// Decimal digits and nothing else.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

/// `n` or `low-high`.
template <class Number>
std::optional<std::pair<Number, Number>> parse_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = parse_number<Number>(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_number<Number>(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return std::pair(*first, *last);
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

template <class Range>
std::string range_text(const Range& range) {
  const std::string first = std::to_string(range.first);
  return range.first == range.last ? first : first + "-" + std::to_string(range.last);
}

}  // namespace

Result<InterfaceName> parse_interface_name(std::string_view text) {
  constexpr std::size_t longest = 15;
  const bool clean = std::ranges::all_of(
      text, [](char c) { return is_alphanumeric(c) || std::string_view("_-.:@").find(c) != std::string_view::npos; });
  if (clean && !text.empty() && text.size() <= longest && is_alphanumeric(text.front())) return InterfaceName(text);
  return malformed(text, "the name of an interface (1 to 15 letters, digits, _ - . : @), like ipop0");
}

Result<Service> parse_service(std::string_view text) {
  const auto colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (colon != std::string_view::npos && (name == "tcp" || name == "udp")) {
    const auto ports = parse_range<std::uint16_t>(text.substr(colon + 1));
    if (ports && ports->first > 0)
      return Service{name == "tcp" ? Transport::tcp : Transport::udp, ports->first, ports->second};
  }
  return malformed(text, "a service like tcp:22 or udp:5000-5010");
}

std::string to_string(const Service& service) {
  return (service.transport == Transport::tcp ? "tcp:" : "udp:") + range_text(service);
}

Result<UidRange> parse_uid_range(std::string_view text) {
  const auto range = parse_range<std::uint32_t>(text);
  const bool is_user = range && range->first > 0 && range->second < std::numeric_limits<std::uint32_t>::max();
  if (is_user) return UidRange{range->first, range->second};
  return malformed(text, "a user's number or a range of them above 0, like 2000-2999");
}

std::string to_string(const UidRange& range) {
  return range_text(range);
}

std::string_view to_string(PoolRole role) {
  for (const auto& [word, value] : role_words)
    if (value == role) return word;
  return {};
}

Result<PoolRole> parse_pool_role(std::string_view text) {
  for (const auto& [word, value] : role_words)
    if (word == text) return value;
  return malformed(text, "a role: none, worker, submit or manager");
}

Result<PhysicalNeeds> parse_physical_needs(std::string_view text) {
  PhysicalNeeds out{false, false, false, false};
  if (text == "none") return out;
  std::string_view rest = text;
  while (true) {
    const auto comma = rest.find(',');
    const auto* const known =
        std::ranges::find(need_words, rest.substr(0, comma), [](const auto& row) { return row.first; });
    if (known == need_words.end()) return malformed(text, "none or a list of dhcp, dns, ntp and lan, like dhcp,dns");
    out.*(known->second) = true;
    if (comma == std::string_view::npos) return out;
    rest.remove_prefix(comma + 1);
  }
}

std::string to_string(const PhysicalNeeds& needs) {
  std::string out;
  for (const auto& [word, member] : need_words)
    if (needs.*member) out += (out.empty() ? "" : ",") + std::string(word);
  return out.empty() ? "none" : out;
}

}  // namespace ipop::firewall
