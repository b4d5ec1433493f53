#pragma once

// Waiting for a node of this machine: from its start on, driven by its events.

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/result.hpp"
#include "cli/human.hpp"
#include "cli/progress.hpp"
#include "cli/streams.hpp"
#include "daemon/control_client.hpp"
#include "io/system_clock.hpp"
#include "node_connection.hpp"

namespace ipop::tools {

/// One wait with an end.
class NodeWaiting {
 public:
  NodeWaiting(const cli::Streams& streams, std::string socket, Duration limit)
      : socket_(std::move(socket)),
        limit_(limit),
        end_(io::monotonic_now() + limit),
        tells_(io::monotonic_now() + silence),
        progress_(streams) {}

  /// Connects, subscribes, then calls `check(client, left)` and again after every event, until that
  /// gives true. `text` says what is awaited. Errors: timed_out; what connecting or `check` gives.
  template <class Check>
  Result<void> until(std::string_view text, Check check) {
    auto result = wait(text, std::move(check));
    progress_.clear();
    return result;
  }

 private:
  // How often a socket that is not there yet is tried. A node opens it within its first milliseconds,
  // and nothing announces that; everything after is driven by events.
  static constexpr auto connect_pause = std::chrono::milliseconds(20);
  // Whoever sees nothing for longer takes the program for stuck.
  static constexpr auto silence = std::chrono::seconds(5);

  template <class Check>
  Result<void> wait(std::string_view text, Check check) {
    auto connected = connect();
    if (!connected) return std::move(connected).error();
    daemon::ControlClient& client = *connected;
    // Subscribed first, so that nothing happens unseen between the question and the wait.
    if (auto subscribed = client.subscribe(left()); !subscribed) return subscribed;
    while (true) {
      const Result<bool> is_so = check(client, left());
      if (!is_so) return is_so.error();
      if (*is_so) return {};
      progress_.show("waiting for " + std::string(text) + " ...");
      const Duration quiet = tells_ - io::monotonic_now();
      const bool may_tell = quiet > Duration::zero() && tells_ < end_;
      const auto event = client.next_event(may_tell ? quiet : left());
      if (may_tell && !event && event.error().code == std::errc::timed_out) {
        tell(text);
        continue;
      }
      if (!event && event.error().code == std::errc::timed_out)
        return make_error(event.error().code, "the time is over without " + std::string(text));
      if (!event) return event.error();
    }
  }

  Result<daemon::ControlClient> connect() {
    while (true) {
      auto client = daemon::ControlClient::connect(socket_);
      const bool may_come = !client && status_of(client.error()) == cli::ExitStatus::unreachable;
      if (!may_come || left() <= connect_pause) return client;
      progress_.show("waiting for the node to start ...");
      if (tells_ < io::monotonic_now()) tell("the node to start");
      std::this_thread::sleep_for(connect_pause);
    }
  }

  void tell(std::string_view text) {
    const auto most = std::chrono::duration_cast<std::chrono::microseconds>(limit_);
    progress_.tell("Waiting for " + std::string(text) + ", at most " + cli::human_duration(most) + ".");
  }

  [[nodiscard]] Duration left() const { return std::max<Duration>(end_ - io::monotonic_now(), Duration::zero()); }

  std::string socket_;
  Duration limit_;
  TimePoint end_;
  TimePoint tells_;  // when it has been silent for long
  cli::Progress progress_;
};

/// Asks for an answer of one kind.
template <class Answer>
Result<Answer> ask_node(daemon::ControlClient& client, const node::Command& command, Duration limit) {
  auto answer = client.call(command, limit);
  if (!answer) return std::move(answer).error();
  if (auto* wanted = std::get_if<Answer>(&*answer)) return std::move(*wanted);
  return make_error(make_error_code(Errc::unsupported), "unexpected answer from the node (different version?)");
}

/// Asks the node to end, and comes back when it has: it closes the connection then. Errors: timed_out, why it refused,
/// what connecting gives.
inline Result<void> stop_node(const std::string& socket, Duration limit) {
  const TimePoint end = io::monotonic_now() + limit;
  auto client = daemon::ControlClient::connect(socket);
  if (!client) return std::move(client).error();
  if (auto subscribed = client->subscribe(limit); !subscribed) return subscribed;
  const auto done = ask_node<node::DoneAnswer>(*client, node::StopCommand{}, limit);
  if (!done) return done.error();
  while (true) {
    const auto event = client->next_event(std::max<Duration>(end - io::monotonic_now(), Duration::zero()));
    if (event) continue;
    if (status_of(event.error()) != cli::ExitStatus::unreachable) return event.error();
    return {};
  }
}

/// What the node says of itself may be why the time was over.
inline Error with_notices(const std::string& socket, Error error) {
  constexpr Duration patience = std::chrono::seconds(1);
  auto client = daemon::ControlClient::connect(socket);
  if (!client) return error;
  const auto status = ask_node<node::StatusAnswer>(*client, node::StatusCommand{}, patience);
  if (!status) return error;
  for (const std::string& notice : status->notices)
    error.context += ": " + notice;
  return error;
}

/// Waits until the node holds an address; its status then. Errors: timed_out, unsupported (the node has
/// no virtual network), what connecting gives.
inline Result<node::StatusAnswer> wait_for_lease(const cli::Streams& streams, const std::string& socket,
                                                 Duration limit) {
  node::StatusAnswer held;
  NodeWaiting waiting(streams, socket, limit);
  auto waited = waiting.until("an address", [&](daemon::ControlClient& client, Duration left) -> Result<bool> {
    auto status = ask_node<node::StatusAnswer>(client, node::StatusCommand{}, left);
    if (!status) return std::move(status).error();
    if (!status->prefix)
      return make_error(make_error_code(Errc::unsupported), "this node has no virtual network (--no-tap), so no lease");
    held = *std::move(status);
    return held.address.has_value();
  });
  if (waited) return held;
  return waited.error().code == std::errc::timed_out ? with_notices(socket, std::move(waited).error())
                                                     : std::move(waited).error();
}

/// Asks the node behind `socket` to read its files again, then waits until its status is the one that is
/// meant. `text` names what is awaited. Errors: as NodeWaiting::until(), and why the node refused.
template <class IsMeant>
Result<node::StatusAnswer> reload_until(const cli::Streams& streams, const std::string& socket, std::string_view text,
                                        Duration limit, IsMeant is_meant) {
  // Without a socket nothing is waited for: a node that does not run reads its files when it starts.
  if (auto probe = daemon::ControlClient::connect(socket); !probe) return std::move(probe).error();
  node::StatusAnswer held;
  bool is_asked = false;
  NodeWaiting waiting(streams, socket, limit);
  auto done = waiting.until(text, [&](daemon::ControlClient& client, Duration left) -> Result<bool> {
    if (!is_asked) {
      const auto reloaded = ask_node<node::DoneAnswer>(client, node::ReloadCommand{}, left);
      if (!reloaded) return reloaded.error();
      is_asked = true;
    }
    auto status = ask_node<node::StatusAnswer>(client, node::StatusCommand{}, left);
    if (!status) return std::move(status).error();
    held = *std::move(status);
    return is_meant(held);
  });
  if (!done) return std::move(done).error();
  return held;
}

/// Whether the node has come as far as it can in this namespace: to an address, or without a virtual network
/// to the ring.
inline bool has_arrived(const node::StatusAnswer& status, std::string_view name_space) {
  if (status.name_space != name_space) return false;
  return status.address.has_value() || (!status.prefix && status.joined);
}

}  // namespace ipop::tools
