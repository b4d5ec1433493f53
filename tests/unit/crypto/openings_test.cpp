#include "crypto/openings.hpp"

#include <doctest/doctest.h>

#include "machines.hpp"

namespace ipop::crypto::test {
namespace {

/// First handshakes of one node, whose owner has room for all channels.
struct OpeningSide {
  explicit OpeningSide(std::uint8_t number, ChannelTable::Limits limits = {})
      : ground(number, limits), openings(ground.config, ground.admission, ground.spis, ground.rng, ground.counters) {}

  /// What came out since the last time, as text; packets are kept to be delivered.
  std::string outputs(TimePoint now) {
    std::vector<std::string> texts;
    do {
      while (auto output = openings.poll_output())
        texts.push_back(take(now, *output));
      openings.flush(now);
    } while (openings.has_unsent());
    while (auto output = openings.poll_output())
      texts.push_back(take(now, *output));
    return list(texts);
  }

  std::string open(TimePoint now, const Carrier& to, std::optional<NodeId> expected = std::nullopt) {
    openings.open(now, to, expected, 7, 0);
    return outputs(now);
  }

  /// What it answers to the packets that `from` has sent.
  std::string hear(TimePoint now, OpeningSide& from, const Carrier& at) {
    for (const Bytes& packet : std::exchange(from.packets, {}))
      handle(now, at, packet);
    return outputs(now);
  }

  void handle(TimePoint now, const Carrier& from, const Bytes& packet) {
    const auto message = decode_handshake_message(tag_of({}), packet);
    REQUIRE(message.has_value());
    std::visit(Overloaded{
                   [&](const InitMessage& init) { openings.handle_init(now, from, init); },
                   [&](const CookieMessage& cookie) { openings.handle_cookie(now, from, cookie); },
                   [&](const OpenMessage& open) { openings.handle_open(now, from, open, 0); },
                   [&](const FrameMessage& frame) { openings.handle_frame(now, from, frame); },
                   [](const HintMessage&) {},
               },
               *message);
  }

  std::string wait(TimePoint& now) {
    now = openings.poll_timeout().value();
    openings.handle_timeout(now);
    return outputs(now);
  }

  Ground ground;
  Openings openings;
  std::vector<Bytes> packets{};
  std::vector<Spi> done{};
  bool has_room = true;

 private:
  std::string take(TimePoint now, Openings::Output& output) {
    return std::visit(
        Overloaded{
            [&](Openings::Send& send) {
              const auto message = decode_handshake_message(tag_of({}), send.packet);
              packets.push_back(std::move(send.packet));
              static constexpr const char* names[] = {"INIT", "COOKIE", "OPEN", "FRAME", "HINT"};
              return std::string(names[message->index()]);
            },
            [&](const Openings::Done& made) {
              const Spi own = made.agreement.own.spi();
              done.push_back(own);
              if (has_room) {
                openings.accept(now, own);
              } else {
                openings.refuse(now, own, ChannelTable::Ending::exhausted, "full");
              }
              return std::string(made.tag ? "Done as asked" : "Done");
            },
            [](const Openings::Confirm&) { return std::string("Confirm"); },
            [](const Openings::Unconfirmed& lost) { return "Unconfirmed: " + std::string(to_string(lost.why)); },
            [](const ChannelTable::OpenFailed& failed) { return "OpenFailed: " + std::string(to_string(failed.why)); },
        },
        output);
  }
};

TEST_CASE("a first handshake, message by message, whoever opens") {
  struct Row {
    bool client_opens;  // the lower id is the TLS client
    std::vector<std::string> answers;
  };
  const Row rows[] = {
      {true, {"INIT", "COOKIE", "OPEN", "FRAME", "Done as asked, FRAME", "Done, Confirm"}},
      {false, {"INIT", "COOKIE", "OPEN", "FRAME", "FRAME", "Done, FRAME", "Done as asked, Confirm"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.client_opens);
    OpeningSide one(row.client_opens ? 1 : 2);
    OpeningSide two(row.client_opens ? 2 : 1);
    const TimePoint now{};
    OpeningSide* says = &one;
    OpeningSide* hears = &two;
    std::vector<std::string> answers{one.open(now, endpoint(2))};
    while (!says->packets.empty()) {
      answers.push_back(hears->hear(now, *says, endpoint(says == &one ? 1 : 2)));
      std::swap(says, hears);
    }
    CHECK(list(answers) == list(row.answers));
    CHECK(one.done.size() == 1);
    CHECK(two.done.size() == 1);
    CHECK(two.openings.half_open().size() == 0);
  }
}

TEST_CASE("who has keys first says its last flight until they are used, the other confirms it each time") {
  OpeningSide client(1);
  OpeningSide server(2);
  TimePoint now{};
  client.open(now, endpoint(2));
  server.hear(now, client, endpoint(1));
  client.hear(now, server, endpoint(2));
  server.hear(now, client, endpoint(1));
  client.hear(now, server, endpoint(2));
  CHECK(server.hear(now, client, endpoint(1)) == "Done, Confirm");
  CHECK(client.wait(now) == "FRAME");
  CHECK(server.hear(now, client, endpoint(1)) == "Confirm");

  SUBCASE("used") {
    client.openings.forget(client.done.front());
    CHECK_FALSE(client.openings.poll_timeout().has_value());
  }
  SUBCASE("never used") {
    std::string last;
    while (client.openings.poll_timeout() && last.find("Unconfirmed") == std::string::npos)
      last = client.wait(now);
    CHECK(last == "Unconfirmed: timed out");
    CHECK(now == TimePoint{} + ChannelTable::Limits{}.give_up);
  }
}

TEST_CASE("nobody answers: four times in the first three seconds, then given up") {
  OpeningSide client(1);
  TimePoint now{};
  CHECK(client.open(now, endpoint(2)) == "INIT");
  std::vector<Duration> waits;
  std::string last;
  for (TimePoint before = now; (last = client.wait(now)) == "INIT"; before = now)
    waits.push_back(now - before);
  CHECK(waits.size() == 12);
  CHECK(std::vector<Duration>(waits.begin(), waits.begin() + 5) ==
        std::vector<Duration>{250ms, 250ms, 500ms, 1000ms, 2000ms});
  CHECK(last == "OpenFailed: timed out");
}

TEST_CASE("a stranger costs nothing before its cookie came back from where it is") {
  OpeningSide client(1);
  OpeningSide server(2);
  const TimePoint now{};
  client.open(now, endpoint(2));
  server.hear(now, client, endpoint(1));
  client.hear(now, server, endpoint(2));
  const Bytes open = client.packets.front();
  server.handle(now, endpoint(3), open);
  CHECK(server.outputs(now).empty());
  CHECK(server.ground.counters.get("drop_open_cookie") == 1);
  CHECK(server.openings.half_open().size() == 0);
  server.handle(now, endpoint(1), open);
  CHECK(server.outputs(now) == "FRAME");
  CHECK(server.openings.half_open().size() == 1);
  CHECK(server.openings.half_open().working() == 1);
}

TEST_CASE("a handshake that its owner has no room for gives its SPI back") {
  OpeningSide client(1);
  OpeningSide server(2);
  client.has_room = false;
  const TimePoint now{};
  client.open(now, endpoint(2));
  server.hear(now, client, endpoint(1));
  client.hear(now, server, endpoint(2));
  server.hear(now, client, endpoint(1));
  CHECK(client.hear(now, server, endpoint(2)) == "Done as asked, OpenFailed: exhausted");
  CHECK_FALSE(client.ground.spis.park(client.done.front(), Bytes(40)));
  CHECK_FALSE(client.openings.poll_timeout().has_value());
}

TEST_CASE("what is asked for is judged before a packet goes out") {
  struct Row {
    const char* what;
    std::optional<NodeId> expected;
    std::size_t channels;
    std::string answer;
  };
  const Row rows[] = {
      {"anybody", std::nullopt, 0, "INIT"},
      {"this node", id_of(1), 0, "OpenFailed: refused"},
      {"one place left", id_of(2), 3, "INIT"},
      {"none left", id_of(2), 4, "OpenFailed: exhausted"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    OpeningSide side(1, {.channels = 4});
    side.openings.open(TimePoint{}, endpoint(2), row.expected, 7, row.channels);
    CHECK(side.outputs(TimePoint{}) == row.answer);
  }
}

TEST_CASE("a group that changes ends what is not done, and leaves the rest to the channels") {
  OpeningSide client(1);
  OpeningSide server(2);
  TimePoint now{};
  client.open(now, endpoint(2));
  server.hear(now, client, endpoint(1));
  client.hear(now, server, endpoint(2));
  server.hear(now, client, endpoint(1));
  client.hear(now, server, endpoint(2));
  client.open(now, endpoint(3));
  client.openings.end_all(now);
  CHECK(client.outputs(now) == "OpenFailed: revoked");
  CHECK(client.openings.poll_timeout().has_value());
  server.openings.end_all(now);
  CHECK(server.outputs(now).empty());
  CHECK_FALSE(server.openings.poll_timeout().has_value());
}

TEST_CASE("a question is answered by a peer that a NAT renumbered, of the same kind of carrier only") {
  const Carrier ipv6(Carrier::Transport::endpoint, Bytes(19), {.source = 9, .network = 7});
  for (const bool is_alike : {true, false}) {
    CAPTURE(is_alike);
    OpeningSide asks(2);
    OpeningSide comes(1);
    const TimePoint now{};
    // The question stays without an answer; its peer opens from another port.
    asks.open(now, is_alike ? endpoint(1) : ipv6, id_of(1));
    asks.packets.clear();
    comes.open(now, endpoint(2));
    asks.hear(now, comes, endpoint(1, 6000));
    comes.hear(now, asks, endpoint(2));
    asks.hear(now, comes, endpoint(1, 6000));
    comes.hear(now, asks, endpoint(2));
    CHECK(asks.hear(now, comes, endpoint(1, 6000)) == (is_alike ? "Done as asked, Confirm" : "Done, Confirm"));
  }
}

}  // namespace
}  // namespace ipop::crypto::test
