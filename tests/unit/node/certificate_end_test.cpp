#include "node/certificate_end.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "crypto/certificate_authority.hpp"
#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;
using namespace std::chrono;

namespace {

constexpr WallTime signed_at{1'767'225'600};

node::CertificateEnd ends_after(hours life) {
  return {signed_at, signed_at + life};
}

bool says(const std::optional<std::string>& notice, std::string_view part) {
  return notice && notice->find(part) != std::string::npos;
}

std::size_t logged(const SimNode& node, std::string_view part) {
  return static_cast<std::size_t>(
      std::ranges::count_if(node.log, [&](const LogLine& line) { return line.text.find(part) != std::string::npos; }));
}

std::uint64_t handshakes(SimNode& node, TimePoint now) {
  const auto counters = node.status(now).counters;
  std::uint64_t sum = 0;
  for (const char* name : {"channel_opened", "handshake_failed"}) {
    if (const auto it = counters.find(name); it != counters.end()) sum += it->second;
  }
  return sum;
}

constexpr std::size_t others = 5;
constexpr std::uint64_t a_minute_to_each = 6;

}  // namespace

TEST_CASE("the end of a certificate is told of in its last 14 days, and after it") {
  const node::CertificateEnd end = ends_after(hours(90 * 24));
  CHECK_FALSE(end.notice(signed_at));
  CHECK_FALSE(end.notice(signed_at + hours(75 * 24)));
  CHECK(says(end.notice(signed_at + hours(76 * 24)), "ends in 14 days"));
  CHECK(says(end.notice(signed_at + hours(88 * 24 + 1)), "ends in 47 hours"));
  CHECK(says(end.notice(signed_at + hours(90 * 24) - seconds(1)), "ends in less than an hour"));
  CHECK(says(end.notice(signed_at + hours(90 * 24) + seconds(1)), "has ended"));
}

TEST_CASE("a certificate of few days is not told of from its first one on") {
  const node::CertificateEnd end = ends_after(hours(8 * 24));
  CHECK_FALSE(end.notice(signed_at));
  CHECK_FALSE(end.notice(signed_at + hours(5 * 24)));
  CHECK(says(end.notice(signed_at + hours(6 * 24)), "ends in 2 days"));
}

TEST_CASE("the log tells of the end once a day, and at the end itself at once") {
  node::CertificateEnd end = ends_after(hours(90 * 24));
  WallTime wall = signed_at + hours(70 * 24);
  std::size_t before = 0;
  std::size_t after = 0;
  const WallTime last = signed_at + hours(93 * 24) - seconds(1);
  while (wall < last) {
    if (const auto text = end.take_log(wall)) ++(says(text, "has ended") ? after : before);
    const seconds pause = end.look_after(wall);
    REQUIRE(pause > 0s);
    REQUIRE(pause <= 1h);
    wall = wall + pause;
  }
  CHECK(before == 15);  // day 76 to day 90, both included: on its last second it is still good
  CHECK(after == 3);
}

TEST_CASE("S10: a node that the list names says so once, and does not storm") {
  SimRing ring({.seed = 21, .closed = true});
  ring.add_bootstrap();
  for (int i = 0; i < static_cast<int>(others); ++i)
    ring.add_member(ring.network().add_public_site(), TimePoint{});
  REQUIRE(ring.network().run_until_done([&] { return ring.all_joined() && ring.all_have_addresses(); }, 60s));
  const std::size_t revoked = 3;
  SimNode& node = ring.at(revoked);
  CHECK(node.status(ring.network().now()).notices.empty());
  for (const std::string& user : {std::string("user3"), std::string("nobody")}) {
    Bytes octets;
    encode(ring.authority().revoke({}, {user}), octets);
    static_cast<void>(node.ask(ring.network().now(), node::RevokeCommand{octets}));
    ring.network().drain(ring.host(revoked));
    ring.network().run_for(60s);
  }
  const std::uint64_t before = handshakes(node, ring.network().now());
  ring.network().run_for(60s);
  CHECK(handshakes(node, ring.network().now()) - before <= others * a_minute_to_each);
  const auto status = node.status(ring.network().now());
  REQUIRE_FALSE(status.notices.empty());
  CHECK(says(status.notices[0], "revoked by list 2 of the authority "));
  CHECK(status.revoked);
  CHECK(logged(node, "is revoked") == 1);
  CHECK(logged(ring.at(1), "is revoked") == 0);
}

TEST_CASE("a node whose certificate ends says so, and does not storm those who refuse it") {
  SimRing ring({.seed = 22, .crypto = SimCrypto::real, .closed = true});
  ring.add_bootstrap();
  for (std::size_t i = 0; i + 1 < others; ++i)
    ring.add_member(ring.network().add_public_site(), TimePoint{});
  const WallTime end = WallTime{SimRing::start_wall_seconds} + 90s;
  const std::size_t late =
      ring.add_member(ring.network().add_public_site(), TimePoint{}, [&](node::NodeConfig& config) {
        crypto::CertificateAuthority::Fields fields;
        fields.user = "late";
        fields.group = "simulation";
        const auto digest = crypto::sha256(as_bytes("late"));
        fields.serial = to_bytes(ByteSpan(digest).first(16));
        fields.not_before = WallTime{SimRing::start_wall_seconds} - hours(24);
        fields.not_after = end;
        config.certificate = *ring.authority().authority().sign(config.certificate->public_key(), fields);
      });
  SimNode& node = ring.at(late);
  REQUIRE(ring.network().run_until_done([&] { return ring.all_joined() && ring.all_have_addresses(); }, 60s));
  REQUIRE(node.status(ring.network().now()).notices.size() == 1);
  CHECK(says(node.status(ring.network().now()).notices[0], "ends in less than an hour"));
  ring.network().run_for(100s);
  CHECK(says(node.status(ring.network().now()).notices.at(0), "has ended"));
  CHECK(logged(node, "has ended") == 1);
  // All links end, as after a sleep, and every attempt is refused late: the handshake is good on this side.
  node.node().handle_suspend(ring.network().now());
  ring.network().drain(ring.host(late));
  ring.network().run_for(60s);
  const std::uint64_t before = handshakes(node, ring.network().now());
  ring.network().run_for(60s);
  const std::uint64_t in_a_minute = handshakes(node, ring.network().now()) - before;
  MESSAGE("handshakes in a minute: ", in_a_minute);
  CHECK(in_a_minute > 0);
  CHECK(in_a_minute <= others * a_minute_to_each);
}
