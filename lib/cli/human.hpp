#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace ipop::cli {

/// A span of time for a person, two units at most: `850 us`, `12.4 ms`, `3.1 s`, `4 min 10 s`,
/// `2 h 5 min`, `9 d 3 h`. Negative is shown as `0 s`.
[[nodiscard]] std::string human_duration(std::chrono::microseconds time);
/// The same for what is known to the second: `0 s`, `12 s`, `4 min 10 s`.
[[nodiscard]] std::string human_seconds(std::chrono::seconds time);
/// Octets in powers of 1024: `312 B`, `4.0 KiB`, `1.3 GiB`.
[[nodiscard]] std::string human_octets(std::uint64_t octets);
/// RFC 3339 in UTC: `2026-11-22T03:06:10Z`.
[[nodiscard]] std::string utc_text(WallTime time);
/// Reads what utc_text writes, and nothing else; a day that is in no calendar is none.
[[nodiscard]] std::optional<WallTime> parse_utc_text(std::string_view text);

/// `90`, `90s`, `5min`, `12h`, `7d`: a whole number and a unit (seconds without one), above zero
/// and at most ten years.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace ipop::cli
