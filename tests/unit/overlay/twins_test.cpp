#include "overlay/twins.hpp"

#include <doctest/doctest.h>

#include "link_maker.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

constexpr crypto::ChannelId former_channel{1};
constexpr crypto::ChannelId linked_channel{2};

Bytes claim_of(const Bytes& octets, bool passed_on = false) {
  Bytes payload;
  encode(LinkMessage(InstanceClaim{passed_on, std::nullopt, octets}), payload);
  return payload;
}

/// The peer 1 shows itself as 8 on the linked channel, and was 7 on the former.
Twins two_of_one_id(TimePoint now) {
  Twins twins;
  twins.put_aside(now, former_channel, id_at(1), place(5));
  twins.handle_instance(id_at(1), linked_channel, 7, 8);
  return twins;
}

}  // namespace

TEST_CASE("two nodes with one id are told of each other, each by what the other shows") {
  Twins twins = two_of_one_id(TimePoint{});
  const auto told = those<Twins::Tell>(drained(twins));
  REQUIRE(told.size() == 2);
  CHECK(told[0].channel == linked_channel);
  CHECK(told[0].message == LinkMessage(OtherInstance{7}));
  CHECK(told[1].channel == former_channel);
  CHECK(told[1].message == LinkMessage(OtherInstance{8}));
  // A peer that started anew has nobody behind its former channel, nor one.
  twins.handle_instance(id_at(2), linked_channel, 7, 8);
  CHECK(drained(twins).empty());
}

TEST_CASE("a claim goes to all others with the id, with where it is from, and never back") {
  Twins twins = two_of_one_id(TimePoint{});
  drained(twins);
  const Bytes octets{std::byte{4}, std::byte{2}};
  twins.handle_received(former_channel, {claim_of(octets)}, linked_channel);
  const auto to_linked = those<Twins::Tell>(drained(twins));
  REQUIRE(to_linked.size() == 1);
  CHECK(to_linked[0].channel == linked_channel);
  CHECK(to_linked[0].message == LinkMessage(InstanceClaim{true, place(5), octets}));
  twins.pass_on(id_at(1), linked_channel, RelayPath{id_at(9), id_at(1)}, octets, std::nullopt);
  const auto to_former = those<Twins::Tell>(drained(twins));
  REQUIRE(to_former.size() == 1);
  CHECK(to_former[0].channel == former_channel);
  CHECK(to_former[0].message == LinkMessage(InstanceClaim{true, std::nullopt, octets}));
}

TEST_CASE("over a channel that was put aside nothing counts but a claim of the peer's own") {
  Twins twins = two_of_one_id(TimePoint{});
  drained(twins);
  Bytes ping;
  encode(LinkMessage(Ping{1, std::nullopt}), ping);
  twins.handle_received(former_channel, {ping, Bytes{std::byte{0x45}}, claim_of(Bytes(1), true), Bytes{}},
                        linked_channel);
  CHECK(drained(twins).empty());
  CHECK(twins.counters().get("drop_no_link") == 4);
  twins.handle_received(linked_channel, {claim_of(Bytes(1))}, linked_channel);
  CHECK(drained(twins).empty());
}

TEST_CASE("a channel that was put aside is closed after ten seconds, when two later ones are, or at the end") {
  TimePoint now{1h};
  Twins twins = two_of_one_id(now);
  drained(twins);
  CHECK(twins.peer_of(former_channel) == id_at(1));
  CHECK_FALSE(twins.peer_of(linked_channel));
  CHECK(twins.poll_timeout() == now + SideChannels::lives);
  twins.handle_timeout(now + SideChannels::lives - 1ms);
  CHECK(drained(twins).empty());
  twins.put_aside(now + 1s, crypto::ChannelId{3}, id_at(1), place(5));
  twins.put_aside(now + 2s, crypto::ChannelId{4}, id_at(1), place(5));
  const auto made_room = those<Twins::Close>(drained(twins));
  REQUIRE(made_room.size() == 1);
  CHECK(made_room[0].channel == former_channel);
  twins.handle_timeout(now + 1s + SideChannels::lives);
  REQUIRE(those<Twins::Close>(drained(twins)).size() == 1);
  twins.close_all();
  REQUIRE(those<Twins::Close>(drained(twins)).size() == 1);
  CHECK_FALSE(twins.poll_timeout());
  twins.put_aside(now, former_channel, id_at(1), place(5));
  twins.handle_closed(former_channel);
  twins.close_all();
  CHECK(drained(twins).empty());
}
