#include "crypto/rekeyings.hpp"

#include <doctest/doctest.h>

#include "machines.hpp"

namespace ipop::crypto::test {
namespace {

constexpr ChannelId only_channel{1};

/// The only channel of a node, to the node `peer`.
struct RekeyingSide {
  explicit RekeyingSide(std::uint8_t number, std::uint8_t peer, ChannelTable::Limits limits = {})
      : ground(number, limits), rekeyings(ground.config, ground.admission, ground.spis, ground.counters) {
    rekeyings.add(TimePoint{}, only_channel, id_of(peer), role_towards(id_of(number), id_of(peer)));
  }

  /// What came out since the last time, as text; frames are kept to be delivered.
  std::string outputs(TimePoint now) {
    std::vector<std::string> texts;
    rekeyings.flush(now);
    while (auto output = rekeyings.poll_output()) {
      texts.push_back(
          std::visit(Overloaded{
                         [&](Rekeyings::SendFrame& frame) {
                           frames.push_back(std::move(frame.body));
                           return std::string("FRAME");
                         },
                         [](const Rekeyings::Confirm&) { return std::string("Confirm"); },
                         [&](const Rekeyings::Renewed& renewed) {
                           own = renewed.agreement.own.spi();
                           return std::string("Renewed");
                         },
                         [](const Rekeyings::Abandoned&) { return std::string("Abandoned"); },
                         [](const Rekeyings::Lost& lost) { return "Lost: " + std::string(to_string(lost.why)); },
                     },
                     *output));
    }
    return list(texts);
  }

  std::string hear(TimePoint now, RekeyingSide& from) {
    for (const Bytes& body : std::exchange(from.frames, {}))
      rekeyings.handle_frame(now, only_channel, *decode_frame_body(body));
    return outputs(now);
  }

  std::string wait(TimePoint& now) {
    now = rekeyings.poll_timeout().value();
    rekeyings.handle_timeout(now);
    return outputs(now);
  }

  Ground ground;
  Rekeyings rekeyings;
  std::vector<Bytes> frames{};
  Spi own{};
};

TEST_CASE("new keys, message by message, whoever begins") {
  struct Row {
    bool client_begins;
    std::vector<std::string> answers;
  };
  const Row rows[] = {
      {true, {"FRAME", "FRAME", "Renewed, FRAME", "Renewed, Confirm"}},
      {false, {"FRAME", "FRAME", "FRAME", "Renewed, FRAME", "Renewed, Confirm"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.client_begins);
    RekeyingSide one(row.client_begins ? 1 : 2, row.client_begins ? 2 : 1);
    RekeyingSide two(row.client_begins ? 2 : 1, row.client_begins ? 1 : 2);
    TimePoint now{};
    RekeyingSide* says = &one;
    RekeyingSide* hears = &two;
    std::vector<std::string> answers{one.wait(now)};
    CHECK(now == TimePoint{} + (row.client_begins ? 60min : 66min));
    while (!says->frames.empty()) {
      answers.push_back(hears->hear(now, *says));
      std::swap(says, hears);
    }
    CHECK(list(answers) == list(row.answers));
  }
}

TEST_CASE("the client's last flight goes again until the peer uses the keys; then the next are due an hour later") {
  RekeyingSide client(1, 2);
  RekeyingSide server(2, 1);
  TimePoint now{};
  client.wait(now);
  server.hear(now, client);
  CHECK(client.hear(now, server) == "Renewed, FRAME");
  client.frames.clear();
  CHECK(client.wait(now) == "FRAME");
  CHECK(server.hear(now, client) == "Renewed, Confirm");
  CHECK(client.wait(now) == "FRAME");
  CHECK(server.hear(now, client) == "Confirm");
  client.rekeyings.handle_confirmed(now, only_channel);
  CHECK(client.rekeyings.poll_timeout() == now + 60min);
}

TEST_CASE("a peer that does not answer is tried three times, twenty seconds each, and lost") {
  RekeyingSide client(1, 2);
  TimePoint now{};
  std::string ends;
  while (ends.find("Lost") == std::string::npos) {
    const std::string said = client.wait(now);
    if (said != "FRAME") ends += said + "; ";
  }
  CHECK(ends == "Abandoned; Abandoned; Abandoned, Lost: timed out; ");
  CHECK(now == TimePoint{} + 60min + 5 * 20s);
}

TEST_CASE("a peer that is not who it was is lost at once") {
  RekeyingSide client(1, 3);
  RekeyingSide other(2, 1);
  TimePoint now{};
  client.wait(now);
  other.hear(now, client);
  CHECK(client.hear(now, other).find("Abandoned, Lost: wrong peer") == 0);
}

TEST_CASE("keys that have sealed enough are renewed now, but what fails is tried again in its own time") {
  RekeyingSide client(1, 2, {.rekey_packets = 1000});
  TimePoint now{};
  client.rekeyings.handle_sealed(now, only_channel, 999);
  CHECK(client.rekeyings.poll_timeout() == now + 60min);
  client.rekeyings.handle_sealed(now, only_channel, 1000);
  CHECK(client.rekeyings.poll_timeout() == now);
  while (client.outputs(now) != "Abandoned") {
    now = client.rekeyings.poll_timeout().value();
    client.rekeyings.handle_timeout(now);
  }
  client.rekeyings.handle_sealed(now, only_channel, 1001);
  CHECK(client.rekeyings.poll_timeout() == now + 20s);
}

TEST_CASE("a peer that begins anew gets a new handshake, in the middle of the one before") {
  RekeyingSide server(2, 1);
  TimePoint now{};
  RekeyingSide first(1, 2);
  first.wait(now);
  CHECK(server.hear(now, first) == "FRAME");
  server.frames.clear();
  RekeyingSide again(1, 2);
  again.ground.rng.next();
  again.wait(now);
  CHECK(server.hear(now, again) == "FRAME");
  CHECK(again.hear(now, server) == "Renewed, FRAME");
  CHECK(server.hear(now, again) == "Renewed, Confirm");
}

TEST_CASE("a channel that ends takes its handshake along, and its SPI unless the channel has it") {
  RekeyingSide client(1, 2);
  RekeyingSide server(2, 1);
  TimePoint now{};
  client.wait(now);
  server.hear(now, client);
  CHECK(client.hear(now, server) == "Renewed, FRAME");
  client.rekeyings.remove(only_channel);
  CHECK_FALSE(client.rekeyings.poll_timeout().has_value());
  CHECK(client.ground.spis.park(client.own, Bytes(40)));

  const Spi running =
      decode_frame_body(server.frames.empty() ? client.frames.front() : server.frames.front())->receiver.spi();
  CHECK(server.ground.spis.park(running, Bytes(40)));
  server.rekeyings.remove(only_channel);
  CHECK_FALSE(server.ground.spis.park(running, Bytes(40)));
}

}  // namespace
}  // namespace ipop::crypto::test
