#include "crypto/opening.hpp"

#include <doctest/doctest.h>

#include "machines.hpp"

namespace ipop::crypto::test {
namespace {

using Stage = Opening::Stage;

/// Under session `number`, over `carrier`, at time zero.
Opening make(std::uint8_t number, const Carrier& carrier, bool is_ours) {
  std::array<std::byte, SessionId::size> octets{};
  octets[0] = std::byte{number};
  Opening out{.exchange = HandshakeExchange(SessionId(octets), {250ms, 2s}), .path = HandshakePath(carrier, is_ours)};
  out.give_up = TimePoint{} + 20s;
  return out;
}

TEST_CASE("a stranger's handshake lives from what came last, ours begins again when nothing new comes") {
  const ChannelTable::Limits limits{.half_open_life = 5s, .retransmit_longest = 2s, .give_up = 20s};
  struct Row {
    const char* what;
    bool is_ours;
    Stage stage;
    Duration progress;  // since it began
    Duration due;
    bool stalls;
  };
  const Row rows[] = {
      {"our question", true, Stage::init, 1s, 20s, false},
      {"our opening", true, Stage::opening, 1s, 20s, false},
      {"ours runs", true, Stage::running, 1s, 8s, true},
      {"ours runs on", true, Stage::running, 15s, 20s, true},
      {"ours is done", true, Stage::confirming, 1s, 20s, false},
      {"a stranger's runs", false, Stage::running, 1s, 6s, false},
      {"a stranger's never ends", false, Stage::running, 18s, 20s, false},
      {"a stranger's is done", false, Stage::lingering, 1s, 20s, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Opening opening = make(1, endpoint(1), row.is_ours);
    opening.stage = row.stage;
    opening.note_progress(TimePoint{} + row.progress, limits);
    CHECK(opening.due_at(limits) == TimePoint{} + row.due);
    CHECK(opening.stalls_at(limits).has_value() == row.stalls);
    CHECK(opening.is_half_open() == (!row.is_ours && row.stage == Stage::running));
    CHECK(opening.is_done() == (row.stage == Stage::confirming || row.stage == Stage::lingering));
  }
}

TEST_CASE("what waits for an answer is due when it says everything again") {
  const ChannelTable::Limits limits;
  Opening opening = make(1, endpoint(1), true);
  opening.exchange.restart_timer(TimePoint{} + 1s);
  CHECK(opening.due_at(limits) == TimePoint{} + 1250ms);
  opening.exchange.stop_timer();
  CHECK(opening.due_at(limits) == TimePoint{} + 20s);
}

TEST_CASE("our opening becomes the peer's unless it is for another node or bound already") {
  struct Row {
    const char* what;
    std::optional<NodeId> expected;
    std::optional<NodeId> claimed;
    bool is_bound;
    bool is_free;
  };
  const Row rows[] = {
      {"for anybody", {}, {}, false, true},
      {"for the peer", id_of(2), {}, false, true},
      {"for another node", id_of(3), {}, false, false},
      {"the peer has answered", {}, id_of(2), false, true},
      {"another node has answered", {}, id_of(3), false, false},
      {"bound to a session", id_of(2), id_of(2), true, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Opening opening = make(1, endpoint(2), true);
    opening.expected = row.expected;
    opening.claimed = row.claimed;
    if (row.is_bound) opening.exchange.bind(SessionId());
    CHECK(opening.is_free_for(id_of(2)) == row.is_free);
  }
}

TEST_CASE("the rivals of a handshake with keys are those with the same peer over the same carrier") {
  const Opening winner = make(1, endpoint(2), false);
  CHECK_FALSE(winner.is_rival_of(winner, id_of(2)));
  struct Row {
    const char* what;
    Carrier at;
    Stage stage;
    std::optional<NodeId> expected;
    std::optional<NodeId> claimed;
    bool is_rival;
  };
  const Row rows[] = {
      {"expects the peer", endpoint(2), Stage::init, id_of(2), {}, true},
      {"has found the peer", endpoint(2), Stage::running, {}, id_of(2), true},
      {"asks whoever is there", endpoint(2), Stage::init, {}, {}, false},
      {"expected the peer and found another", endpoint(2), Stage::running, id_of(2), id_of(3), false},
      {"with another peer", endpoint(2), Stage::running, {}, id_of(3), false},
      {"over another carrier", endpoint(2, 6000), Stage::init, id_of(2), {}, false},
      {"has keys itself", endpoint(2), Stage::lingering, {}, id_of(2), false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Opening rival = make(2, row.at, true);
    rival.stage = row.stage;
    rival.expected = row.expected;
    rival.claimed = row.claimed;
    CHECK(rival.is_rival_of(winner, id_of(2)) == row.is_rival);
  }
}

TEST_CASE("a question to a peer is answered by its own opening from another endpoint of the same kind") {
  const Opening winner = make(1, endpoint(2, 6000), false);
  const Carrier ipv6(Carrier::Transport::endpoint, Bytes(19), {.source = 9, .network = 7});
  struct Row {
    const char* what;
    Carrier at;
    bool is_ours;
    std::optional<std::uint64_t> tag;
    std::optional<NodeId> expected;
    bool is_bound;
    bool is_answered;
  };
  const Row rows[] = {
      {"a question", endpoint(2), true, 7, id_of(2), false, true},
      {"of another kind", ipv6, true, 7, id_of(2), false, false},
      {"a stranger's", endpoint(2), false, 7, id_of(2), false, false},
      {"a probe", endpoint(2), true, {}, id_of(2), false, false},
      {"to another node", endpoint(2), true, 7, id_of(3), false, false},
      {"to whoever is there", endpoint(2), true, 7, {}, false, false},
      {"that runs", endpoint(2), true, 7, id_of(2), true, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Opening question = make(2, row.at, row.is_ours);
    question.tag = row.tag;
    question.expected = row.expected;
    if (row.is_bound) question.exchange.bind(SessionId());
    CHECK(question.is_answered_by(winner, id_of(2)) == row.is_answered);
  }
}

}  // namespace
}  // namespace ipop::crypto::test
