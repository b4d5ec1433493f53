#include "follow/node_follower.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "unit/io/temp_dir.hpp"

using namespace ipop;
using namespace ipop::follow;

namespace {

constexpr Duration limit = 60s;  // of what comes at once unless the test fails

/// A node's end of the socket: requests as they come; it answers each status with the next ring size.
class FakeNode {
 public:
  FakeNode(io::EventLoop& loop, const std::string& path) {
    auto listening = io::ControlSocket::listen(
        loop, path,
        {[this](io::ClientId client, io::Access, std::string_view line) { take(client, line); },
         [this](io::ClientId client) { socket_->finish(client); }, [](io::ClientId) {}});
    REQUIRE_MESSAGE(listening, listening.error().message());
    socket_ = *std::move(listening);
  }
  void tell(const node::Event& event) { socket_->send(client_, control::encode_event(event)); }
  void drop() { socket_->finish(client_); }
  void say(std::string_view line) { socket_->send(client_, line); }

  bool subscribed_first = false;
  bool is_silent = false;  // to all but subscriptions and status
  std::size_t statuses = 0;
  std::size_t others = 0;

 private:
  void take(io::ClientId client, std::string_view line) {
    client_ = client;
    const auto decoded = control::decode_request(line);
    const auto* request = std::get_if<control::Request>(&decoded);
    REQUIRE(request != nullptr);
    const auto* command = std::get_if<node::Command>(&request->what);
    if (command == nullptr) {
      subscribed_first = statuses == 0;
      return socket_->send(client, control::encode_answer(request->id, node::Answer(node::DoneAnswer{})));
    }
    if (std::holds_alternative<node::StatusCommand>(*command)) {
      node::StatusAnswer status;
      status.ring_size_estimate = ++statuses;
      return socket_->send(client, control::encode_answer(request->id, node::Answer(status)));
    }
    ++others;
    if (!is_silent) socket_->send(client, control::encode_answer(request->id, node::Answer(node::DoneAnswer{})));
  }

  std::unique_ptr<io::ControlSocket> socket_;
  io::ClientId client_{};
};

struct FollowedWorld {
  TempDir dir;
  io::EventLoop loop;
  std::vector<std::size_t> sizes;  // of the ring, as told
  std::vector<node::Event> events;
  std::vector<Error> losses;
  std::unique_ptr<FakeNode> node;
  NodeFollower follower{loop,
                        dir.file("s"),
                        {[this](const node::StatusAnswer& status) { sizes.push_back(status.ring_size_estimate); },
                         [this](const node::Event& event) { events.push_back(event); },
                         [this](const Error& why) { losses.push_back(why); }}};

  void start() { node = std::make_unique<FakeNode>(loop, dir.file("s")); }
  void wait(const std::function<bool()>& is_so) { REQUIRE(loop.run_until(is_so, limit)); }
  void wait_for_status(std::size_t count) {
    wait([this, count] { return sizes.size() >= count; });
  }
};

}  // namespace

TEST_CASE("a follower subscribes, then tells the status, and tells it again after an event") {
  FollowedWorld world;
  world.start();
  world.wait_for_status(1);
  CHECK(world.node->subscribed_first);
  CHECK(world.follower.is_connected());
  REQUIRE(world.follower.status());
  CHECK(world.follower.status()->ring_size_estimate == 1);

  world.node->tell(node::JoinedEvent{});
  world.wait_for_status(2);
  REQUIRE(world.events.size() == 1);
  CHECK(std::holds_alternative<node::JoinedEvent>(world.events.front()));
  CHECK(world.losses.empty());
}

TEST_CASE("a change of a watched key is an event, and does not ask for the status") {
  FollowedWorld world;
  world.start();
  world.wait_for_status(1);
  world.node->tell(node::DhtChangedEvent{"key"});
  world.wait([&] { return !world.events.empty(); });
  bool is_answered = false;
  world.follower.ask(node::PeersCommand{}, [&](const Result<node::Answer>&) { is_answered = true; });
  world.wait([&] { return is_answered; });
  CHECK(world.node->statuses == 1);
}

TEST_CASE("many events at once are followed by a status that is newer than all of them") {
  FollowedWorld world;
  world.start();
  world.wait_for_status(1);
  for (int i = 0; i < 100; ++i)
    world.node->tell(node::JoinedEvent{});
  world.wait([&] { return world.events.size() == 100; });
  const std::size_t before = world.node->statuses;
  world.wait([&] { return world.follower.status() && world.follower.status()->ring_size_estimate > before; });
  CHECK(world.node->statuses < 100);
}

TEST_CASE("a node that is away is told of once, waited for, and found when it comes back") {
  FollowedWorld world;
  world.wait([&] { return !world.losses.empty(); });
  CHECK(world.follower.trouble());
  world.start();
  world.wait_for_status(1);
  CHECK_FALSE(world.follower.trouble());

  world.node.reset();
  world.wait([&] { return world.losses.size() == 2; });
  CHECK_FALSE(world.follower.is_connected());
  CHECK_FALSE(world.follower.status());
  world.start();
  world.wait_for_status(2);
  CHECK(world.losses.size() == 2);
}

TEST_CASE("each question is answered once, also when the node goes away or is not there") {
  FollowedWorld world;
  std::vector<Error> errors;
  std::size_t good = 0;
  const auto note = [&](const Result<node::Answer>& answer) {
    if (answer)
      ++good;
    else
      errors.push_back(answer.error());
  };
  world.follower.ask(node::PeersCommand{}, note);
  CHECK(errors.empty());  // not from within the call
  world.wait([&] { return errors.size() == 1; });
  world.start();
  world.wait_for_status(1);
  world.follower.ask(node::PeersCommand{}, note);
  world.wait([&] { return good == 1; });

  world.node->is_silent = true;
  world.follower.ask(node::PeersCommand{}, note);
  world.wait([&] { return world.node->others == 2; });
  world.node->drop();
  world.wait([&] { return errors.size() == 2; });
  CHECK(errors.back().code == std::errc::not_connected);
  CHECK(good == 1);
}

TEST_CASE("what is no message of a node ends the connection; an event of a later release does not") {
  FollowedWorld world;
  world.start();
  world.wait_for_status(1);
  world.node->say(R"({"jsonrpc":"2.0","method":"event","params":{"schema":"ipop.event/1","event":"of_tomorrow"}})");
  world.node->tell(node::JoinedEvent{});
  world.wait_for_status(2);
  CHECK(world.losses.empty());
  world.node->say("nonsense");
  world.wait([&] { return world.losses.size() == 1; });
}

TEST_CASE("waiting ends with what was awaited, or says why not") {
  FollowedWorld world;
  const auto has_status = [&] { return world.follower.status().has_value(); };
  const auto missing = world.follower.wait_until(has_status, 50ms);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == std::errc::no_such_file_or_directory);
  world.start();
  CHECK(world.follower.wait_until(has_status, limit));
  const auto never = world.follower.wait_until([] { return false; }, 10ms);
  REQUIRE_FALSE(never);
  CHECK(never.error().code == std::errc::timed_out);
}
