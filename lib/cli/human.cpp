#include "cli/human.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

namespace ipop::cli {
namespace {

std::string one_decimal(double value, const char* unit) {
  char text[48];
  const int length = std::snprintf(text, sizeof text, "%.1f %s", value, unit);
  return {text, static_cast<std::size_t>(length)};
}

std::string two_units(std::int64_t large, const char* large_unit, std::int64_t small, const char* small_unit) {
  std::string out = std::to_string(large) + " " + large_unit;
  if (small > 0) out += " " + std::to_string(small) + " " + small_unit;
  return out;
}

}  // namespace

std::string human_duration(std::chrono::microseconds time) {
  const std::int64_t us = time.count();
  if (us <= 0) return "0 s";
  if (us < 1000) return std::to_string(us) + " us";
  if (us < 1'000'000) return one_decimal(static_cast<double>(us) / 1e3, "ms");
  const std::int64_t s = us / 1'000'000;
  if (s < 60) return one_decimal(static_cast<double>(us) / 1e6, "s");
  return human_seconds(std::chrono::seconds(s));
}

std::string human_seconds(std::chrono::seconds time) {
  const std::int64_t s = std::max<std::int64_t>(time.count(), 0);
  if (s < 60) return std::to_string(s) + " s";
  if (s < 3600) return two_units(s / 60, "min", s % 60, "s");
  if (s < 86400) return two_units(s / 3600, "h", s % 3600 / 60, "min");
  return two_units(s / 86400, "d", s % 86400 / 3600, "h");
}

std::string human_octets(std::uint64_t octets) {
  constexpr std::array<const char*, 6> units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (octets < 1024) return std::to_string(octets) + " B";
  double value = static_cast<double>(octets) / 1024;
  std::size_t unit = 0;
  // 1023.95 would be shown as 1024.0.
  while (value >= 1023.95 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return one_decimal(value, units[unit]);
}

std::string utc_text(WallTime time) {
  using namespace std::chrono;
  const sys_seconds point{seconds(time.seconds)};
  const sys_days day = floor<days>(point);
  const year_month_day date{day};
  const hh_mm_ss clock{point - day};
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                   static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                                   static_cast<int>(clock.seconds().count()));
  return {text, static_cast<std::size_t>(length)};
}

std::optional<WallTime> parse_utc_text(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view form = "0000-00-00T00:00:00Z";
  if (text.size() != form.size()) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t digits) {
    unsigned value = 0;
    (void)std::from_chars(text.data() + at, text.data() + at + digits, value);
    return value;
  };
  const year_month_day date{year(static_cast<int>(number(0, 4))), month(number(5, 2)), day(number(8, 2))};
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) return std::nullopt;
  const auto point = sys_days{date} + hours(number(11, 2)) + minutes(number(14, 2)) + seconds(number(17, 2));
  return WallTime{point.time_since_epoch().count()};
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::int64_t longest = std::int64_t{3660} * 86400;
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> units{
      {{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}, {"w", 7 * 86400}}};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number <= 0 || number > longest) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, factor] : units) {
    if (unit != name) continue;
    if (number > longest / factor) return std::nullopt;
    return std::chrono::seconds(number * factor);
  }
  return std::nullopt;
}

}  // namespace ipop::cli
