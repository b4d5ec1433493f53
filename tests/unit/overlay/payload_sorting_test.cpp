#include "overlay/payload_sorting.hpp"

#include <doctest/doctest.h>

#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

Bytes starting_with(LinkPayload kind) {
  return {static_cast<std::byte>(kind), std::byte{9}};
}

/// One of each kind, and an empty one.
std::vector<Bytes> mixed_payloads() {
  return {Bytes{std::byte{0x45}},
          starting_with(LinkPayload::link_message),
          starting_with(LinkPayload::relayed),
          Bytes{},
          starting_with(LinkPayload::routed),
          starting_with(LinkPayload::relayed_final),
          Bytes{std::byte{0x60}},
          starting_with(LinkPayload::relayed_control),
          starting_with(LinkPayload::part),
          Bytes{std::byte{0}}};
}

}  // namespace

TEST_CASE("payloads go to who is to have them, each kind in its order") {
  const SortedPayloads sorted = sort_payloads(mixed_payloads(), true, true);
  CHECK(sorted.ip_packets == std::vector<Bytes>{Bytes{std::byte{0x45}}, Bytes{std::byte{0x60}}});
  CHECK(sorted.to_pass_on ==
        std::vector<Bytes>{starting_with(LinkPayload::relayed), starting_with(LinkPayload::relayed_control)});
  CHECK(sorted.relayed_here == std::vector<Bytes>{starting_with(LinkPayload::relayed_final)});
  // What is of no known kind is control as well: whoever reads that counts it.
  CHECK(sorted.control == std::vector<Bytes>{starting_with(LinkPayload::link_message),
                                             starting_with(LinkPayload::routed), starting_with(LinkPayload::part),
                                             Bytes{std::byte{0}}});
  CHECK(sorted.empty == 1);
  CHECK(sorted.nested == 0);
  CHECK(sorted.not_admitted == 0);
}

TEST_CASE("nothing relayed is taken from a path that is relayed itself: no loop can form") {
  const SortedPayloads sorted = sort_payloads(mixed_payloads(), false, true);
  CHECK(sorted.to_pass_on.empty());
  CHECK(sorted.relayed_here.empty());
  CHECK(sorted.nested == 3);
  CHECK(sorted.ip_packets.size() == 2);
  CHECK(sorted.control.size() == 4);
}

TEST_CASE("before a link is admitted only link messages count") {
  for (const bool is_direct : {true, false}) {
    const SortedPayloads sorted = sort_payloads(mixed_payloads(), is_direct, false);
    CHECK(sorted.control == std::vector<Bytes>{starting_with(LinkPayload::link_message)});
    CHECK(sorted.ip_packets.size() + sorted.to_pass_on.size() + sorted.relayed_here.size() == 0);
    CHECK(sorted.not_admitted == 8);
    CHECK(sorted.nested == 0);
    CHECK(sorted.empty == 1);
  }
}

TEST_CASE("packets are wrapped for a member between, and what it brings is unwrapped by who sent it") {
  const std::vector<Bytes> packets{Bytes(3, std::byte{1}), Bytes(5, std::byte{2})};
  for (const bool is_data : {true, false}) {
    auto wrapped = wrap_for_relay(id_at(3), packets, is_data);
    REQUIRE(wrapped.size() == 2);
    const auto view = decode_relayed(wrapped[0]);
    REQUIRE(view);
    CHECK(view->kind == (is_data ? LinkPayload::relayed : LinkPayload::relayed_control));
    CHECK(view->other == id_at(3));
    for (Bytes& one : wrapped)
      rewrite_relayed(one, id_at(2));
    const Unwrapped there = unwrap_relayed(wrapped, id_at(3), id_at(9));
    CHECK(there.malformed == 0);
    REQUIRE(there.packets.size() == 2);
    CHECK(there.packets[0].peer == id_at(2));
    CHECK(to_bytes(there.packets[1].octets) == packets[1]);
  }
}

TEST_CASE("a member brings nothing of its own, nor of the receiver, nor what is no relayed payload") {
  const auto from = [](const NodeId& peer) {
    Bytes payload;
    encode_relayed(LinkPayload::relayed_final, peer, Bytes(4), payload);
    return payload;
  };
  const Unwrapped out =
      unwrap_relayed({from(id_at(100)), from(id_at(9)), Bytes{std::byte{4}}, from(id_at(2))}, id_at(100), id_at(9));
  CHECK(out.malformed == 3);
  REQUIRE(out.packets.size() == 1);
  CHECK(out.packets[0].peer == id_at(2));
}
