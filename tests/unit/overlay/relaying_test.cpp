#include "overlay/relaying.hpp"

#include <algorithm>
#include <utility>

#include <doctest/doctest.h>

#include "link_maker.hpp"
#include "overlay/packet.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

constexpr std::uint64_t allowed = 200'000;  // octets a second

std::vector<Bytes> relayed_to(std::uint8_t peer, std::size_t count, LinkPayload kind = LinkPayload::relayed,
                              std::size_t octets = 1000) {
  std::vector<Bytes> out(count);
  for (Bytes& payload : out)
    encode_relayed(kind, id_at(peer), Bytes(octets), payload);
  return out;
}

/// A member between 1 and 2, to whom it has direct paths.
struct Between {
  std::vector<Relaying::Output> hear(std::uint8_t from, std::vector<Bytes> payloads) {
    member.handle_payloads(now, id_at(from), std::move(payloads),
                           [](const NodeId& id) { return id == id_at(1) || id == id_at(2); });
    return drained(member);
  }
  std::vector<Relaying::Output> wait(Duration time) {
    now += time;
    member.handle_timeout(now);
    return drained(member);
  }

  TimePoint now = TimePoint{} + 1h;
  Relaying member{100, allowed};
};

}  // namespace

TEST_CASE("packets of a pair are passed on in one batch, as from their sender, and its workers may go on") {
  Between between;
  const auto outputs = between.hear(1, relayed_to(2, 3));
  REQUIRE(outputs.size() >= 2);
  const auto& pass = std::get<Relaying::Pass>(outputs[0]);
  CHECK(pass.source == id_at(1));
  CHECK(pass.destination == id_at(2));
  CHECK(pass.has_data);
  REQUIRE(pass.packets.size() == 3);
  const auto view = decode_relayed(pass.packets[0]);
  REQUIRE(view);
  CHECK(view->kind == LinkPayload::relayed_final);
  CHECK(view->other == id_at(1));
  const auto passed = those<Relaying::Passed>(outputs);
  REQUIRE(passed.size() == 1);
  CHECK(passed[0].destination == id_at(2));
  CHECK(between.member.counters().get("relayed_packets") == 3);
  CHECK(between.member.counters().get("relayed_octets") == 3000);
  // Control only is no data.
  const auto control = those<Relaying::Pass>(between.hear(1, relayed_to(2, 1, LinkPayload::relayed_control)));
  REQUIRE(control.size() == 1);
  CHECK_FALSE(control[0].has_data);
}

TEST_CASE("who sends to whom there is no direct path is told so, and what follows for others is passed on") {
  Between between;
  auto payloads = relayed_to(3, 2);
  for (Bytes& payload : relayed_to(1, 1))
    payloads.push_back(std::move(payload));  // back to its sender
  payloads.push_back(Bytes{static_cast<std::byte>(LinkPayload::relayed)});
  for (Bytes& payload : relayed_to(2, 1))
    payloads.push_back(std::move(payload));
  const auto outputs = between.hear(1, std::move(payloads));
  const auto told = those<Relaying::Tell>(outputs);
  REQUIRE(told.size() == 2);
  CHECK(told[0].peer == id_at(1));
  CHECK(told[0].message == LinkMessage(Unreachable{id_at(3)}));
  CHECK(told[1].message == LinkMessage(Unreachable{id_at(1)}));
  CHECK(those<Relaying::Pass>(outputs).size() == 1);
  CHECK(between.member.counters().get("drop_relay_unreachable") == 3);
  CHECK(between.member.counters().get("drop_relayed_malformed") == 1);
}

TEST_CASE("what is too much waits or is dropped, and after a second both ends learn how much") {
  Between between;
  std::size_t passed = 0;
  for (const auto& pass : those<Relaying::Pass>(between.hear(1, relayed_to(2, 200))))
    passed += pass.packets.size();
  CHECK(passed < 200);
  const TimePoint begin = between.now;
  std::vector<Relaying::Tell> told;
  while (told.empty()) {
    const auto next = between.member.poll_timeout();
    REQUIRE(next);
    const auto outputs = between.wait(std::max<Duration>(*next - between.now, 1ms));
    for (const auto& pass : those<Relaying::Pass>(outputs))
      passed += pass.packets.size();
    told = those<Relaying::Tell>(outputs);
  }
  CHECK(between.now >= begin + 1s);
  CHECK(between.now <= begin + 1s + RelayQueue::longest_wait);
  REQUIRE(told.size() == 2);
  const auto& first = std::get<Shaped>(told[0].message);
  const auto& second = std::get<Shaped>(told[1].message);
  CHECK(told[0].peer == second.other);
  CHECK(told[1].peer == first.other);
  CHECK(first.delayed > 0);
  CHECK(first.delayed == second.delayed);
  CHECK(first.dropped == 200 - passed);
  CHECK(first.kib_a_second == allowed / 1024);
  CHECK(between.member.counters().get("drop_relay_full") == first.dropped);
  CHECK(between.member.counters().get("relay_delayed") == first.delayed);
  CHECK_FALSE(between.member.poll_timeout());
}

TEST_CASE("workers get a loan only while nothing waits here") {
  Between between;
  between.hear(1, relayed_to(2, 1));
  CHECK(between.member.lend(between.now, id_at(1), id_at(2)) > 0);
  CHECK(between.member.lend(between.now, id_at(1), id_at(2)) == 0);  // it has its loan
  Between busy;
  busy.hear(1, relayed_to(2, 200));
  CHECK(busy.member.lend(busy.now, id_at(2), id_at(1)) == 0);
}

TEST_CASE("the load is another after a while at the soonest, and is looked at until it is none") {
  Between between;
  CHECK_FALSE(between.member.next_load());
  CHECK(between.member.load() == 0);
  between.member.handle_passed(between.now, 1000, 4'000'000);
  CHECK(those<Relaying::LoadChanged>(drained(between.member)).size() == 1);
  CHECK(between.member.load() > 0);
  CHECK(between.member.counters().get("relayed_octets") == 4'000'000);
  CHECK(between.member.next_load() == between.now + Relaying::load_interval);
  between.member.look_at_load(between.now + Relaying::load_interval - 1ms);
  CHECK(drained(between.member).empty());
  unsigned changes = 0;
  while (const auto next = between.member.next_load()) {
    REQUIRE(++changes < 100);
    between.now = *next;
    between.member.look_at_load(between.now);
  }
  CHECK(between.member.load() == 0);
  CHECK_FALSE(those<Relaying::LoadChanged>(drained(between.member)).empty());
}

TEST_CASE("a link is relaying while data of others went over it lately") {
  const TimePoint now{1h};
  CHECK_FALSE(Relaying::is_relaying(now, TimePoint{}));
  CHECK(Relaying::is_relaying(now, now - RelayRate::measure_lives + 1ms));
  CHECK_FALSE(Relaying::is_relaying(now, now - RelayRate::measure_lives));
}
