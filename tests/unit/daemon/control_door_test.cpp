#include "daemon/control_door.hpp"

#include <sys/socket.h>
#include <vector>

#include <doctest/doctest.h>

#include "unit/io/temp_dir.hpp"

using namespace ipop;
using namespace ipop::daemon;

namespace {

constexpr Duration limit = 60s;  // of what comes at once unless the test fails

const std::string status = R"({"jsonrpc":"2.0","id":1,"method":"status"})";
const std::string subscribe = R"({"jsonrpc":"2.0","id":"s","method":"subscribe"})";

/// A door whose questions wait for the test's answers, and one client.
struct World {
  TempDir dir;
  io::EventLoop loop;
  std::vector<node::CommandId> asked;
  std::unique_ptr<ControlDoor> door = open();
  io::LineClient client = connect();

  std::unique_ptr<ControlDoor> open() {
    auto made = ControlDoor::open(loop, dir.file("s"),
                                  [this](node::CommandId id, const node::Command&) { asked.push_back(id); });
    REQUIRE_MESSAGE(made, made.error().message());
    return *std::move(made);
  }
  io::LineClient connect() const {
    auto made = io::LineClient::connect(dir.file("s"));
    REQUIRE_MESSAGE(made, made.error().message());
    return *std::move(made);
  }
  void send(const std::string& line) { REQUIRE(client.send(line, limit)); }
  void end_stream() { REQUIRE(::shutdown(client.fd(), SHUT_WR) == 0); }
  void wait_for_questions(std::size_t count) {
    REQUIRE(loop.run_until([&] { return asked.size() >= count; }, limit));
  }
  /// What the door has seen of `client` is all that it sent: another one came after it, and is answered.
  void wait_until_seen() {
    auto other = connect();
    REQUIRE(other.send(status, limit));
    wait_for_questions(asked.size() + 1);
  }
  void answer(std::size_t index) { door->answer(asked.at(index), node::Answer(node::DoneAnswer{})); }
  /// The next line; "closed" at the end.
  std::string receive() {
    std::string line;
    const auto has_come = [&] {
      const auto next = client.receive(Duration{});
      if (!next && next.error().code == std::errc::timed_out) return false;
      line = next.value_or("closed");
      return true;
    };
    io::LoopTimer tick(loop, [&] { tick.arm(TimePoint{}); });
    tick.arm(TimePoint{});
    REQUIRE(loop.run_until(has_come, limit));
    return line;
  }
};

std::string watch(const std::string& key) {
  return R"({"jsonrpc":"2.0","id":"w","method":"dht.watch","params":{"key":")" + key + R"("}})";
}

bool has(const std::string& line, std::string_view part) {
  return line.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("who ends his stream gets every answer that is under way, then the connection is closed") {
  World world;
  world.send(status);
  world.send(status);
  world.end_stream();
  world.wait_until_seen();
  world.answer(1);
  CHECK(has(world.receive(), "ipop.done/1"));
  world.answer(0);
  CHECK(has(world.receive(), "ipop.done/1"));
  CHECK(world.receive() == "closed");
}

TEST_CASE("who ends his stream and waits for nothing is disconnected") {
  World world;
  world.send(subscribe);
  world.end_stream();
  CHECK(has(world.receive(), "ipop.done/1"));
  CHECK(world.receive() == "closed");
}

TEST_CASE("events end with the subscriber's stream, also while answers are under way") {
  World world;
  world.send(subscribe);
  world.send(status);
  world.wait_for_questions(1);
  world.door->publish(node::JoinedEvent{});
  CHECK(has(world.receive(), R"("id":"s")"));
  CHECK(has(world.receive(), "ipop.event/1"));
  world.end_stream();
  world.wait_until_seen();
  world.door->publish(node::JoinedEvent{});
  world.answer(0);
  CHECK(has(world.receive(), R"("id":1)"));
  CHECK(world.receive() == "closed");
}

TEST_CASE("at most 64 questions of a client are under way, and an answer makes room") {
  World world;
  for (int i = 0; i < 65; ++i)
    world.send(status);
  CHECK(has(world.receive(), "exhausted"));
  CHECK(world.asked.size() == 64);
  world.answer(0);
  CHECK(has(world.receive(), "ipop.done/1"));
  world.send(status);
  world.wait_for_questions(65);
  world.door->answer(node::CommandId{1000}, node::Answer(node::DoneAnswer{}));  // nobody asked
}

TEST_CASE("a change in the DHT is told to those subscribers alone that watch its key") {
  World world;
  world.send(subscribe);
  world.send(watch("mine"));
  world.wait_for_questions(1);
  world.answer(0);
  CHECK(has(world.receive(), R"("id":"s")"));
  CHECK(has(world.receive(), R"("id":"w")"));
  world.door->publish(node::DhtChangedEvent{"another's"});
  world.door->publish(node::DhtChangedEvent{"mine"});
  CHECK(has(world.receive(), R"("key":"mine")"));
}

TEST_CASE("who subscribes after it began to watch is told at once, since a change may have passed") {
  World world;
  world.send(watch("mine"));
  world.wait_for_questions(1);
  world.answer(0);
  world.door->publish(node::DhtChangedEvent{"mine"});
  world.send(subscribe);
  CHECK(has(world.receive(), R"("id":"w")"));
  CHECK(has(world.receive(), R"("id":"s")"));
  CHECK(has(world.receive(), R"("key":"mine")"));
}

TEST_CASE("a watch ends with the last client that has it, or when the node refuses it") {
  World world;
  auto other = world.connect();
  world.send(watch("both"));
  world.send(watch("refused"));
  world.wait_for_questions(2);
  REQUIRE(other.send(watch("both"), limit));
  world.wait_for_questions(3);
  world.answer(0);
  world.door->answer(world.asked.at(1), make_error(make_error_code(Errc::exhausted), "64 keys are watched"));
  world.answer(2);
  CHECK(world.door->watched_keys() == std::vector<std::string>{"both"});
  CHECK(world.door->take_ended_watches() == std::vector<std::string>{"refused"});
  world.end_stream();
  world.wait_until_seen();
  CHECK(world.door->watched_keys() == std::vector<std::string>{"both"});
  CHECK(world.door->take_ended_watches().empty());
  REQUIRE(::shutdown(other.fd(), SHUT_WR) == 0);
  world.wait_until_seen();
  CHECK(world.door->watched_keys().empty());
  CHECK(world.door->take_ended_watches() == std::vector<std::string>{"both"});
}

TEST_CASE("a key that somebody watches again has not ended") {
  World world;
  world.send(watch("mine"));
  world.wait_for_questions(1);
  world.answer(0);
  world.end_stream();
  world.wait_until_seen();
  auto other = world.connect();
  REQUIRE(other.send(watch("mine"), limit));
  world.wait_for_questions(3);
  CHECK(world.door->take_ended_watches().empty());
  CHECK(world.door->watched_keys() == std::vector<std::string>{"mine"});
}

TEST_CASE("a client watches 16 keys, and one of them again") {
  World world;
  for (int i = 0; i < 17; ++i)
    world.send(watch("key" + std::to_string(i)));
  CHECK(has(world.receive(), "exhausted"));
  CHECK(world.asked.size() == 16);
  world.send(watch("key0"));
  world.wait_for_questions(17);
  CHECK(world.door->watched_keys().size() == 16);
}
