#include "crypto/elsewhere.hpp"

#include <doctest/doctest.h>

#include "channel_world.hpp"

namespace ipop::crypto::test {
namespace {

constexpr std::size_t question = 38;

TEST_CASE("another place is asked at once, then less and less often, for three seconds") {
  SeededRng rng(1);
  Elsewhere elsewhere(TimePoint{}, endpoint(2), rng);
  elsewhere.note_received(1000);
  std::vector<Duration> asked;
  for (TimePoint now{}; !elsewhere.is_over(now); now = elsewhere.due_at()) {
    if (elsewhere.asks(now, question)) asked.push_back(now - TimePoint{});
  }
  CHECK(asked == std::vector<Duration>{0ms, 250ms, 750ms, 1750ms});
  CHECK(elsewhere.is_over(TimePoint{} + 3s));
  CHECK(elsewhere.due_at() == TimePoint{} + 3s);
}

TEST_CASE("another place is sent no more than three times what came from there") {
  SeededRng rng(1);
  Elsewhere elsewhere(TimePoint{}, endpoint(2), rng);
  CHECK_FALSE(elsewhere.asks(TimePoint{}, question));
  // It counted as a try: more octets alone do not bring the next one forward.
  elsewhere.note_received(question);
  CHECK_FALSE(elsewhere.asks(TimePoint{} + 1ms, question));
  CHECK(elsewhere.due_at() == TimePoint{} + 250ms);
  CHECK(elsewhere.asks(TimePoint{} + 250ms, 3 * question));
  CHECK_FALSE(elsewhere.asks(TimePoint{} + 750ms, 1));
}

TEST_CASE("only its own challenge answers, which nobody can guess") {
  SeededRng rng(1);
  const Elsewhere asked(TimePoint{}, endpoint(2), rng);
  const Elsewhere other(TimePoint{}, endpoint(2), rng);
  CHECK(asked.is_answer(asked.challenge()));
  CHECK_FALSE(asked.is_answer(other.challenge()));
  CHECK_FALSE(asked.is_answer(ByteSpan(asked.challenge()).first(7)));
  CHECK_FALSE(asked.is_answer({}));
}

}  // namespace
}  // namespace ipop::crypto::test
