#include "overlay/relay_lending.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::overlay;

namespace {

NodeId borrower(std::uint8_t number) {
  std::array<std::byte, NodeId::size> octets{};
  octets.back() = static_cast<std::byte>(number);
  return NodeId(octets);
}

constexpr TimePoint loans_begin{1h};
constexpr std::uint64_t lent_rate = 1'000'000;  // 200,000 in the time of a loan
constexpr std::uint64_t most_of_it = 150'000;

}  // namespace

TEST_CASE("a pair alone gets three quarters of the rate, and the queue the rest") {
  RelayLending lending;
  CHECK(lending.rest(loans_begin, lent_rate) == lent_rate);
  CHECK(lending.lend(loans_begin, lent_rate, borrower(1), borrower(2)) == most_of_it);
  CHECK(lending.rest(loans_begin, lent_rate) == lent_rate / 4);
  // It has its loan, used up or not.
  CHECK(lending.lend(loans_begin + 199ms, lent_rate, borrower(1), borrower(2)) == 0);
  CHECK(lending.rest(loans_begin + 199ms, lent_rate) == lent_rate / 4);
  CHECK(lending.rest(loans_begin + 200ms, lent_rate) == lent_rate);
  CHECK(lending.lend(loans_begin + 200ms, lent_rate, borrower(1), borrower(2)) == most_of_it);
}

TEST_CASE("senders get the same, however many they send to") {
  RelayLending lending;
  // Whoever comes while all is lent has his part the next time.
  CHECK(lending.lend(loans_begin, lent_rate, borrower(1), borrower(2)) == most_of_it);
  CHECK(lending.lend(loans_begin + 1ms, lent_rate, borrower(3), borrower(4)) == 0);
  CHECK(lending.lend(loans_begin + 2ms, lent_rate, borrower(1), borrower(5)) == 0);
  for (int round = 1; round <= 3; ++round) {
    const TimePoint now = loans_begin + round * 210ms;
    CHECK(lending.lend(now, lent_rate, borrower(1), borrower(2)) == most_of_it / 2 / 2);
    CHECK(lending.lend(now, lent_rate, borrower(3), borrower(4)) == most_of_it / 2);
    CHECK(lending.lend(now, lent_rate, borrower(1), borrower(5)) == most_of_it / 2 / 2);
    CHECK(lending.rest(now, lent_rate) == lent_rate / 4);
  }
}

TEST_CASE("never more than three quarters are lent at a time, and who is silent is forgotten") {
  RelayLending lending;
  std::vector<std::pair<TimePoint, std::uint64_t>> loans;
  for (int i = 0; i < 2000; ++i) {
    const TimePoint now = loans_begin + i * 1ms;
    const auto from = static_cast<std::uint8_t>(1 + i * 7 % 11);
    const auto octets = lending.lend(now, lent_rate, borrower(from), borrower(static_cast<std::uint8_t>(100 + i % 3)));
    loans.emplace_back(now, octets);
    std::uint64_t running = 0;
    for (const auto& [when, lent] : loans)
      if (when + RelayLending::lent_for > now) running += lent;
    REQUIRE(running <= most_of_it);
  }
  CHECK(lending.lend(loans_begin + 10s, lent_rate, borrower(1), borrower(2)) == most_of_it);
}

TEST_CASE("a rate that falls leaves the queue its quarter") {
  RelayLending lending;
  CHECK(lending.lend(loans_begin, lent_rate, borrower(1), borrower(2)) == most_of_it);
  CHECK(lending.rest(loans_begin, lent_rate / 10) == lent_rate / 40);
}

TEST_CASE("S18: no more pairs are remembered than the bound") {
  RelayLending lending;
  std::size_t lent = 0;
  std::array<std::byte, NodeId::size> octets{};
  for (std::size_t i = 0; i < 2 * RelayLending::max_pairs; ++i) {
    octets[0] = static_cast<std::byte>(i >> 8U);
    octets[1] = static_cast<std::byte>(i & 0xffU);
    if (lending.lend(loans_begin, std::uint64_t{1} << 40U, borrower(1), NodeId(octets)) != 0) ++lent;
  }
  CHECK(lent <= RelayLending::max_pairs);
  CHECK(lending.lend(loans_begin + 1s, lent_rate, borrower(1), borrower(2)) == most_of_it);
}
