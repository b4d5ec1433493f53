#include "crypto/channel.hpp"

#include <doctest/doctest.h>

#include "machines.hpp"

namespace ipop::crypto::test {
namespace {

struct ChannelAlone {
  std::unique_ptr<AeadFactory> aeads = make_best_aead_factory();
  SeededRng rng{1};
  Channel channel = Channel::with(TimePoint{}, ChannelId{1}, PeerIdentity{}, endpoint(1));

  std::unique_ptr<Session> session(std::uint32_t spi) {
    return std::make_unique<Session>(*aeads, SessionKeys{}, Spi{spi + 1}, Spi{spi});
  }
};

TEST_CASE("a channel receives under the keys before, and under no older ones") {
  ChannelAlone alone;
  Channel& channel = alone.channel;
  for (const std::uint32_t spi : {0x1000U, 0x2000U, 0x3000U})
    channel.rotate(alone.session(spi), TimePoint{} + 30s);
  CHECK(channel.current->receive_at() == Spi{0x3000});
  CHECK(channel.session_at(Spi{0x3000}) == channel.current.get());
  CHECK(channel.session_at(Spi{0x2000}) == channel.previous.get());
  CHECK(channel.session_at(Spi{0x1000}) == nullptr);
}

TEST_CASE("a channel is due when it is idle, when its old keys end, or when another place is to be asked") {
  ChannelAlone alone;
  Channel& channel = alone.channel;
  CHECK(channel.due_at(60s) == TimePoint{} + 60s);
  channel.rotate(alone.session(0x1000), TimePoint{} + 30s);
  CHECK(channel.due_at(60s) == TimePoint{} + 60s);
  channel.rotate(alone.session(0x2000), TimePoint{} + 30s);
  CHECK(channel.due_at(60s) == TimePoint{} + 30s);
  channel.elsewhere.emplace(TimePoint{} + 10s, endpoint(2), alone.rng);
  CHECK(channel.due_at(60s) == TimePoint{} + 10s);
  CHECK(channel.due_at(5s) == TimePoint{} + 5s);
}

TEST_CASE("what a lane has sent keeps a channel, and what it heard is of use for offers") {
  ChannelAlone alone;
  Channel& channel = alone.channel;
  const TimePoint later = TimePoint{} + 20s;
  SUBCASE("sent") {
    channel.note_traffic(later, {.lane = {}, .packets_sent = 3, .octets_sent = 300});
    CHECK(channel.statistics.packets_sent == 3);
    CHECK(channel.statistics.octets_sent == 300);
    CHECK(channel.statistics.last_sent == later);
    CHECK_FALSE(channel.lane_offers.hears(later));
  }
  SUBCASE("received") {
    channel.note_traffic(later, {.lane = {}, .packets_received = 4, .octets_received = 400});
    CHECK(channel.statistics.octets_received == 400);
    CHECK(channel.statistics.last_sent == TimePoint{});
    // They are authenticated one by one: the table counts them.
    CHECK(channel.statistics.packets_received == 0);
    CHECK(channel.lane_offers.hears(later));
  }
  CHECK(channel.last_payload == later);
  CHECK(channel.due_at(60s) == later + 60s);
}

}  // namespace
}  // namespace ipop::crypto::test
