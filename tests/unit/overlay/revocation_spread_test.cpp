#include "overlay/revocation_spread.hpp"

#include <array>
#include <map>

#include <doctest/doctest.h>

#include "base/machine.hpp"

using namespace ipop;
using namespace ipop::overlay;

namespace {

NodeId id(std::uint8_t first) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = std::byte{first};
  return NodeId(octets);
}

Bytes list_of(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<std::byte>(i * 7);
  return out;
}

/// Two ends of one link; every `lose`th message is lost.
struct SpreadPair {
  explicit SpreadPair(unsigned lose_every = 0) : lose(lose_every) {}

  void link() {
    a.handle_linked(now, id(2));
    b.handle_linked(now, id(1));
  }
  void carry(RevocationSpread& from, RevocationSpread& to, const NodeId& from_id, std::uint64_t& to_number) {
    for (const auto& send : from.take_messages()) {
      ++messages;
      if (lose != 0 && messages % lose == 0) continue;
      std::visit(Overloaded{
                     [&](const ListNumber& m) { to.handle_message(now, from_id, m); },
                     [&](const ListRequest& m) { to.handle_message(now, from_id, m); },
                     [&](const ListPiece& m) {
                       if (const auto list = to.handle_message(now, from_id, m)) {
                         received.push_back(*list);
                         to_number = m.number;
                         to.set_list(now, m.number, *list);
                       }
                     },
                     [](const auto&) { FAIL("another message"); },
                 },
                 send.message);
    }
  }
  /// Until nothing is due, at most so long.
  void run(Duration limit) {
    const TimePoint end = now + limit;
    for (;;) {
      const auto before = messages;
      carry(a, b, id(1), b_number);
      carry(b, a, id(2), a_number);
      if (messages != before) continue;
      const auto next = earliest(a.poll_timeout(), b.poll_timeout());
      if (!next || *next > end) return;
      now = std::max(now, *next);
      a.handle_timeout(now);
      b.handle_timeout(now);
    }
  }

  unsigned lose;
  unsigned messages = 0;
  TimePoint now{};
  RevocationSpread a, b;
  std::uint64_t a_number = 0, b_number = 0;
  std::vector<Bytes> received;
};

}  // namespace

TEST_CASE("ends without a list are level after one exchange, and then silent") {
  SpreadPair pair;
  pair.link();
  CHECK_FALSE(pair.a.is_level(id(2)));
  pair.run(60s);
  CHECK(pair.a.is_level(id(2)));
  CHECK(pair.b.is_level(id(1)));
  CHECK(pair.messages <= 4);
  CHECK_FALSE(pair.a.poll_timeout());
  CHECK_FALSE(pair.b.poll_timeout());
}

TEST_CASE("S10: who was away gets the newer list before the link is level") {
  for (const std::size_t size : {4U, 1000U, 1001U, 32'000U, 100'000U}) {
    CAPTURE(size);
    SpreadPair pair;
    pair.a.set_list(pair.now, 5, list_of(size));
    pair.link();
    CHECK_FALSE(pair.b.is_level(id(1)));
    pair.run(60s);
    REQUIRE(pair.received.size() == 1);
    CHECK(pair.received[0] == list_of(size));
    CHECK(pair.b.is_level(id(1)));
    CHECK(pair.a.is_level(id(2)));
    CHECK_FALSE(pair.a.poll_timeout());
  }
}

TEST_CASE("a list arrives though every third message is lost") {
  SpreadPair pair(3);
  pair.a.set_list(pair.now, 2, list_of(20'000));
  pair.link();
  pair.run(300s);
  REQUIRE(pair.received.size() == 1);
  CHECK(pair.received[0] == list_of(20'000));
}

TEST_CASE("a small list that becomes ours goes to every peer whole and unasked") {
  SpreadPair pair;
  pair.link();
  pair.run(10s);
  pair.a.set_list(pair.now, 1, list_of(80));
  const auto messages = pair.a.take_messages();
  REQUIRE(messages.size() == 1);
  const auto* piece = std::get_if<ListPiece>(&messages[0].message);
  REQUIRE(piece != nullptr);
  CHECK(piece->octets == list_of(80));
}

TEST_CASE("a peer whose list is refused is not asked for it again") {
  SpreadPair pair;
  pair.link();
  pair.run(10s);
  REQUIRE(pair.b.handle_message(pair.now, id(1), ListPiece{9, 3, 0, list_of(3)}).has_value());
  pair.b.refuse(id(1));
  static_cast<void>(pair.b.take_messages());
  CHECK_FALSE(pair.b.handle_message(pair.now, id(1), ListPiece{9, 3, 0, list_of(3)}).has_value());
  pair.b.handle_timeout(pair.now + 60s);
  for (const auto& send : pair.b.take_messages())
    CHECK_FALSE(std::holds_alternative<ListRequest>(send.message));
  CHECK(pair.b.handle_message(pair.now, id(1), ListPiece{10, 3, 0, list_of(3)}).has_value());
}

TEST_CASE("S10: a peer that trickles its list keeps nobody from it") {
  const Bytes list = list_of(20'000);
  TimePoint now{};
  RevocationSpread spread;
  RevocationSpread honest;
  honest.set_list(now, 3, list);
  honest.handle_linked(now, id(9));
  const std::array liars{id(1), id(2), id(3), id(4)};
  for (const NodeId& liar : liars) {
    spread.handle_linked(now, liar);
    spread.handle_message(now, liar, ListNumber{1'000'000, false});
  }
  spread.handle_linked(now, id(5));
  std::map<NodeId, std::uint32_t> given;
  std::optional<Bytes> received;
  const auto tell_honest = [&](const auto& message) { honest.handle_message(now, id(9), message); };
  const auto take = [&](std::vector<RevocationSpread::Send> messages) {
    for (const auto& send : messages) {
      if (const auto* piece = std::get_if<ListPiece>(&send.message)) {
        if (auto whole = spread.handle_message(now, id(5), *piece)) received = std::move(whole);
      } else if (const auto* number = std::get_if<ListNumber>(&send.message)) {
        spread.handle_message(now, id(5), *number);
      }
    }
  };
  take(honest.take_messages());
  const TimePoint until = now + 120s;
  while (now < until && !received) {
    for (const auto& send : spread.take_messages()) {
      const auto* request = std::get_if<ListRequest>(&send.message);
      if (send.peer == id(5) && request != nullptr) tell_honest(*request);
      if (const auto* number = std::get_if<ListNumber>(&send.message); send.peer == id(5) && number != nullptr)
        tell_honest(*number);
      if (request != nullptr) given[send.peer] = request->offset;
    }
    take(honest.take_messages());
    // Just enough to be asked on for ever: an octet a second, each in its place.
    for (auto& [liar, offset] : given) {
      if (liar != id(5) && !spread.handle_message(now, liar, ListPiece{1'000'000, 8'000'000, offset, list_of(1)}))
        ++offset;
    }
    now += 1s;
    spread.handle_timeout(now);
  }
  REQUIRE(received.has_value());
  CHECK(*received == list);
}

TEST_CASE("a peer that does not tell its number is silent after eight seconds, once") {
  TimePoint now{};
  RevocationSpread spread;
  spread.handle_linked(now, id(1));
  spread.handle_linked(now, id(2));
  spread.handle_message(now, id(2), ListNumber{0, false});
  for (std::vector<NodeId> silent; silent.empty();) {
    REQUIRE(spread.poll_timeout().has_value());
    now = *spread.poll_timeout();
    REQUIRE(now <= TimePoint{} + RevocationSpread::number_within);
    spread.handle_timeout(now);
    silent = spread.take_silent();
    if (!silent.empty()) CHECK(silent == std::vector{id(1)});
  }
  CHECK(now == TimePoint{} + RevocationSpread::number_within);
  spread.handle_timeout(now + 60s);
  CHECK(spread.take_silent().empty());
}

TEST_CASE("messages of a peer without a link change nothing") {
  RevocationSpread spread;
  spread.handle_message(TimePoint{}, id(1), ListNumber{7, true});
  spread.handle_message(TimePoint{}, id(1), ListRequest{0, 0});
  CHECK_FALSE(spread.handle_message(TimePoint{}, id(1), ListPiece{7, 1, 0, list_of(1)}).has_value());
  CHECK(spread.take_messages().empty());
  CHECK_FALSE(spread.poll_timeout());
}
