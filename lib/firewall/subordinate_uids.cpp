#include "firewall/subordinate_uids.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

namespace ipop::firewall {
namespace {

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace

std::vector<UidRange> subordinate_uids(std::string_view subuid_file, std::string_view user, std::uint32_t uid) {
  std::vector<UidRange> out;
  while (!subuid_file.empty()) {
    const auto feed = subuid_file.find('\n');
    const std::string_view line = subuid_file.substr(0, feed);
    subuid_file.remove_prefix(feed == std::string_view::npos ? subuid_file.size() : feed + 1);
    const auto first_colon = line.find(':');
    const auto second_colon = line.find(':', first_colon == std::string_view::npos ? first_colon : first_colon + 1);
    if (second_colon == std::string_view::npos) continue;
    const std::string_view owner = line.substr(0, first_colon);
    if (owner != user && owner != std::to_string(uid)) continue;
    const auto first = number(line.substr(first_colon + 1, second_colon - first_colon - 1));
    const auto count = number(line.substr(second_colon + 1));
    if (!first || !count || *first == 0 || *count == 0) continue;
    // 2^32 - 1 is no user (chown(2)).
    constexpr std::uint32_t largest = std::numeric_limits<std::uint32_t>::max() - 1;
    if (*first > largest) continue;
    out.push_back({*first, *first + std::min(*count - 1, largest - *first)});
  }
  return out;
}

}  // namespace ipop::firewall
