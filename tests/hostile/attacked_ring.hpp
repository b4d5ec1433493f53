#pragma once

// What the attacks have in common: a ring that has formed, and what its honest members ask of it.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "support/sim_ring.hpp"

namespace ipop::hostile {

using namespace test_support;

inline double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

inline std::string megabytes(std::uint64_t octets) {
  return fmt::format("{:.2f} MB", static_cast<double>(octets) / 1e6);
}

inline bool is_ready(SimRing& ring) {
  return ring.all_joined() && ring.all_have_addresses();
}

/// A ring of public members that has formed.
inline std::unique_ptr<SimRing> formed_ring(std::uint64_t seed, std::size_t members, bool closed = false) {
  auto ring = std::make_unique<SimRing>(SimRing::Config{.seed = seed, .network = {.latency = 20ms}, .closed = closed});
  ring->add_bootstrap();
  const SiteId site = ring->network().add_public_site();
  for (std::size_t i = 0; i < members; ++i)
    ring->add_member(site, TimePoint{} + std::chrono::milliseconds(20 * i));
  ring->network().run_for(std::chrono::milliseconds(20 * members));
  ring->network().run_until_done([&] { return is_ready(*ring) && ring->near_links_are_right(); }, 60s);
  ring->network().run_for(15s);
  return ring;
}

/// How long a newcomer takes from its start to an address; none within `limit`.
inline std::optional<Duration> time_to_address(SimRing& ring, std::size_t newcomer, Duration limit) {
  const TimePoint started = ring.network().now();
  if (!ring.network().run_until_done([&] { return ring.at(newcomer).node().address().has_value(); }, limit)) {
    return std::nullopt;
  }
  return ring.network().now() - started;
}

inline std::string to_text(const std::optional<Duration>& time) {
  return time ? fmt::format("{:.2f} s", seconds(*time)) : std::string("never");
}

/// What a member is asked.
struct Question {
  std::size_t member = 0;
  node::Command command{};
};

/// The answers to questions that are all asked in one moment, in their order.
inline std::vector<Result<node::Answer>> ask(SimRing& ring, const std::vector<Question>& questions) {
  std::vector<std::uint64_t> numbers;
  for (const auto& [member, command] : questions) {
    numbers.push_back(ring.at(member).ask(ring.network().now(), command));
    ring.network().drain(ring.host(member));
  }
  const auto is_answered = [&](std::size_t i) { return ring.at(questions[i].member).answers.contains(numbers[i]); };
  const auto all_answered = [&] {
    for (std::size_t i = 0; i < questions.size(); ++i) {
      if (!is_answered(i)) return false;
    }
    return true;
  };
  static_cast<void>(ring.network().run_until_done(all_answered, 30s));
  std::vector<Result<node::Answer>> out;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    out.push_back(is_answered(i) ? ring.at(questions[i].member).answers.at(numbers[i])
                                 : Result<node::Answer>(Errc::not_found, "no answer"));
  }
  return out;
}

inline Result<node::Answer> ask(SimRing& ring, std::size_t index, const node::Command& command) {
  return ask(ring, {{index, command}}).front();
}

inline node::Command putting(const std::string& key, Bytes value) {
  return node::DhtPutCommand{.key = key, .value = std::move(value), .exclusive = false};
}

inline bool is_done(const Result<node::Answer>& answer) {
  return answer && std::get<node::DhtAnswer>(*answer).outcome == dht::Outcome::done;
}

}  // namespace ipop::hostile
