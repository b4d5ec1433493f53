#include "pings/ping_words.hpp"

#include <algorithm>

namespace ipop::pings {
namespace {

std::string tenths_text(std::int64_t tenths, const char* unit) {
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " + unit;
}

}  // namespace

std::string with_commas(std::uint64_t value) {
  std::string out = std::to_string(value);
  for (std::size_t at = out.size(); at > 3; at -= 3)
    out.insert(at - 3, ",");
  return out;
}

std::string percent_text(std::uint64_t part, std::uint64_t whole) {
  if (part == 0 || whole == 0) return "0 %";
  if (part == whole) return "100 %";
  const auto exact = static_cast<long double>(part) * 10'000 / static_cast<long double>(whole);
  const auto hundredths = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(exact + 0.5L), 1, 9'999);
  const std::string rest = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + (rest.size() == 1 ? "0" : "") + rest + " %";
}

std::string round_trip_text(std::chrono::microseconds time) {
  const std::int64_t us = time.count();
  if (us < 99'950) return tenths_text((us + 50) / 100, "ms");
  if (us < 999'500) return std::to_string((us + 500) / 1000) + " ms";
  return tenths_text((us + 50'000) / 100'000, "s");
}

std::string member_label(const PingMember& member) {
  if (!member.name.empty()) return member.name;
  return member.address ? to_string(*member.address) : to_short_string(member.id);
}

std::string address_of(const PingMember& member) {
  return member.address ? to_string(*member.address) : std::string();
}

std::string member_text(const PingMember& member) {
  const std::string label = member_label(member);
  if (member.name.empty() || !member.address) return label;
  return label + " (" + to_string(*member.address) + ")";
}

std::string pair_text(const PingPair& pair) {
  const std::uint32_t runs = pair.runs();
  std::string out;
  if (runs == 0) {
    out = "not pinged";
  } else {
    const std::string lost =
        pair.lost_throughout() ? "lost in every run"
        : pair.lost_pings() == 0
            ? "nothing lost"
            : percent_text(pair.lost_pings(), std::uint64_t{runs} * pings_a_run) + " of the pings lost";
    out = with_commas(runs) + (runs == 1 ? " run, " : " runs, ") + lost;
    if (!pair.lost_throughout()) out += ", " + round_trip_text(pair.mean_round_trip);
  }
  if (pair.silent > 0) out += ", silent " + with_commas(pair.silent) + " times";
  if (pair.without_address > 0) out += ", without an address " + with_commas(pair.without_address) + " times";
  if (runs > 0) out += ", " + std::string(to_string(pair.path));
  if (!pair.reason.empty()) out += ": " + pair.reason;
  return out;
}

}  // namespace ipop::pings
