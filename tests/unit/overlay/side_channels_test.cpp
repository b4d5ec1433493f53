#include "overlay/side_channels.hpp"

#include <doctest/doctest.h>

#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

TEST_CASE("S22: of a peer two former channels stay for ten seconds, of all peers 64") {
  SideChannels sides;
  TimePoint now{};
  const auto add = [&](std::uint32_t channel, std::uint8_t peer) {
    return sides.add(now, crypto::ChannelId(channel), {id_at(peer), {}});
  };
  CHECK(add(1, 1).empty());
  now += 1s;
  CHECK(add(2, 1).empty());
  now += 1s;
  CHECK(add(3, 1) == std::vector{crypto::ChannelId(1)});
  CHECK(sides.of(id_at(1)) == std::vector{crypto::ChannelId(2), crypto::ChannelId(3)});
  CHECK(sides.find(crypto::ChannelId(1)) == nullptr);
  CHECK(sides.take_expired(now).empty());
  now += 9s;
  CHECK(sides.deadline() == now);
  CHECK(sides.take_expired(now) == std::vector{crypto::ChannelId(2)});

  for (std::uint32_t i = 0; i < 200; ++i) {
    const auto closed = add(100 + i, static_cast<std::uint8_t>(2 + i));
    CHECK(sides.all().size() + closed.size() <= SideChannels::most + 1);
  }
  CHECK(sides.all().size() == SideChannels::most);
}
