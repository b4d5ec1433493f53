#include <optional>
#include <thread>

#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/progress.hpp"
#include "io/system_clock.hpp"
#include "verbs.hpp"

namespace ipop::ipop_ctl {
namespace {

using cli::ExitStatus;

// How often a socket that is not there yet is tried. A node opens it within its first milliseconds,
// and nothing announces that; everything after is driven by events.
constexpr auto connect_pause = std::chrono::milliseconds(20);

/// Waiting with an end: connects, subscribes, then asks again after every event.
class Waiting {
 public:
  Waiting(const Output& output, const std::string& socket, Duration limit)
      : output_(output), socket_(socket), end_(io::monotonic_now() + limit), progress_(output.streams) {}

  /// `check` asks the node and gives true when it is as wished; `text` says what is awaited.
  template <class Check>
  ExitStatus until(std::string_view text, Check check) {
    auto connected = connect();
    if (!connected) return failed(connected.error());
    daemon::ControlClient& client = *connected;
    // Subscribed first, so that nothing happens unseen between the question and the wait.
    if (auto subscribed = client.subscribe(left()); !subscribed) return failed(subscribed.error());
    while (true) {
      const Result<bool> is_so = check(client, left());
      if (!is_so) return failed(is_so.error());
      if (*is_so) return ExitStatus::done;
      progress_.show("waiting for " + std::string(text) + " ...");
      const auto event = client.next_event(left());
      if (!event && event.error().code == std::errc::timed_out) return too_late(text);
      if (!event) return failed(event.error());
    }
  }

  /// Takes the line about the wait away, before the result.
  void done_waiting() { progress_.clear(); }

 private:
  Result<daemon::ControlClient> connect() {
    while (true) {
      auto client = daemon::ControlClient::connect(socket_);
      if (client || tools::status_of(client.error()) != ExitStatus::unreachable || left() <= connect_pause)
        return client;
      progress_.show("waiting for the node to start ...");
      std::this_thread::sleep_for(connect_pause);
    }
  }

  [[nodiscard]] Duration left() const { return std::max(end_ - io::monotonic_now(), Duration::zero()); }

  ExitStatus failed(const Error& error) {
    progress_.clear();
    return tools::report_node_error(output_.streams, tool, error, socket_);
  }

  ExitStatus too_late(std::string_view text) {
    progress_.clear();
    cli::complain(output_.streams, tool, "the time is over without " + std::string(text));
    cli::suggest(output_.streams, std::string(tool) + " --socket " + socket_ + " status");
    return ExitStatus::timed_out;
  }

  const Output& output_;
  const std::string& socket_;
  TimePoint end_;
  cli::Progress progress_;
};

/// The answer of the expected kind.
template <class Answer>
Result<Answer> ask(daemon::ControlClient& client, const node::Command& command, Duration limit) {
  auto answer = client.call(command, limit);
  if (!answer) return std::move(answer).error();
  if (auto* wanted = std::get_if<Answer>(&*answer)) return std::move(*wanted);
  return make_error(make_error_code(Errc::unsupported), "the node answered another question");
}

void write_lease(const Output& output, const node::StatusAnswer& status) {
  std::ostream& out = output.streams.out;
  if (!output.options.json) {
    out << to_string(*status.address) << '\n';
    return;
  }
  cli::JsonWriter json("ipop-ctl.wait-lease/1");
  json.field("address", to_string(*status.address));
  json.field("prefix", status.prefix ? to_string(*status.prefix) : "");
  if (status.lease_expires) json.field("expires", status.lease_expires->seconds);
  out << json.text() << '\n';
}

}  // namespace

ExitStatus wait_for_lease(const Output& output, const std::string& socket, Duration limit) {
  Waiting waiting(output, socket, limit);
  std::optional<node::StatusAnswer> held;
  const auto has_lease = [&](daemon::ControlClient& client, Duration left) -> Result<bool> {
    auto status = ask<node::StatusAnswer>(client, node::StatusCommand{}, left);
    if (!status) return std::move(status).error();
    if (!status->prefix)
      return make_error(make_error_code(Errc::unsupported), "this node has no virtual network (--no-tap), so no lease");
    if (status->address) held = *std::move(status);
    return held.has_value();
  };
  const ExitStatus status = waiting.until("an address", has_lease);
  waiting.done_waiting();
  if (status == ExitStatus::done) write_lease(output, *held);
  return status;
}

ExitStatus wait_for_peers(const Output& output, const std::string& socket, Duration limit, std::size_t count) {
  Waiting waiting(output, socket, limit);
  std::size_t seen = 0;
  const auto has_peers = [&](daemon::ControlClient& client, Duration left) -> Result<bool> {
    auto peers = ask<node::PeersAnswer>(client, node::PeersCommand{}, left);
    if (!peers) return std::move(peers).error();
    seen = peers->peers.size();
    return seen >= count;
  };
  const ExitStatus status = waiting.until(std::to_string(count) + (count == 1 ? " peer" : " peers"), has_peers);
  waiting.done_waiting();
  if (status != ExitStatus::done) return status;
  if (output.options.json) {
    cli::JsonWriter json("ipop-ctl.wait-peer/1");
    json.field("peers", seen);
    output.streams.out << json.text() << '\n';
  } else {
    output.streams.out << seen << '\n';
  }
  return status;
}

}  // namespace ipop::ipop_ctl
