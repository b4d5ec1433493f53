#pragma once

// Words for people about what the logs of ga-pingtest say: for the table, the picture and its titles.

#include <chrono>
#include <cstdint>
#include <string>

#include "pings/ping_report.hpp"

namespace ipop::pings {

/// `272,918`.
[[nodiscard]] std::string with_commas(std::uint64_t value);
/// `99.81 %`: two decimals; what is not nothing is at least `0.01 %`, what is not all at most `99.99 %`.
/// `0 %` of nothing.
[[nodiscard]] std::string percent_text(std::uint64_t part, std::uint64_t whole);
/// `0.4 ms`, `12.3 ms`, `123 ms`, `1.2 s`.
[[nodiscard]] std::string round_trip_text(std::chrono::microseconds time);
/// The name, else the address, else the beginning of the id.
[[nodiscard]] std::string member_label(const PingMember& member);
/// The address as text; empty without one.
[[nodiscard]] std::string address_of(const PingMember& member);
/// `alice (10.128.0.1)`.
[[nodiscard]] std::string member_text(const PingMember& member);
/// `36 runs, 2.78 % of the pings lost, 12.3 ms, direct: reason`.
[[nodiscard]] std::string pair_text(const PingPair& pair);

}  // namespace ipop::pings
