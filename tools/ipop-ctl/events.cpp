#include <algorithm>

#include "control/rpc.hpp"
#include "io/system_clock.hpp"
#include "verbs.hpp"

namespace ipop::ipop_ctl {
namespace {

/// JSON in one line: line feeds stand between its tokens only, with the indentation behind them.
std::string one_line(std::string_view json) {
  std::string out;
  bool skipping = false;
  for (const char c : json) {
    if (c == '\n')
      skipping = true;
    else if (c != ' ')
      skipping = false;
    if (!skipping) out.push_back(c);
  }
  return out;
}

/// Prints the events that `wanted` lets pass, after `begin` has asked for what it needs beside them.
template <class Begin, class Wanted>
cli::ExitStatus print_events(const Output& output, const std::string& socket, Duration limit,
                             std::optional<std::chrono::seconds> end, Begin begin, Wanted wanted) {
  const auto failed = [&](const Error& error) { return tools::report_node_error(output.streams, tool, error, socket); };
  auto client = daemon::ControlClient::connect(socket);
  if (!client) return failed(client.error());
  if (auto subscribed = client->subscribe(limit); !subscribed) return failed(subscribed.error());
  if (auto begun = begin(*client); !begun) return failed(begun.error());
  // A day without an event is no failure; the connection itself tells when the node ends.
  const TimePoint stop = io::monotonic_now() + (end ? Duration(*end) : Duration(std::chrono::hours(24 * 365)));
  while (output.streams.out.good() && io::monotonic_now() < stop) {
    const auto event = client->next_event(std::min<Duration>(stop - io::monotonic_now(), std::chrono::hours(24)));
    if (!event && event.error().code == std::errc::timed_out) continue;
    if (!event) return failed(event.error());
    if (wanted(*event)) output.streams.out << one_line(control::to_json(*event)) << std::endl;
  }
  return cli::ExitStatus::done;
}

}  // namespace

cli::ExitStatus follow_events(const Output& output, const std::string& socket, Duration limit,
                              const FollowEvents& verb) {
  return print_events(
      output, socket, limit, verb.end, [](daemon::ControlClient&) { return Result<void>(); },
      [](const node::Event&) { return true; });
}

cli::ExitStatus watch_key(const Output& output, const std::string& socket, Duration limit, const WatchRecord& verb) {
  return print_events(
      output, socket, limit, verb.end,
      [&](daemon::ControlClient& client) -> Result<void> {
        auto answer = client.call(node::DhtWatchCommand{verb.key}, limit);
        if (!answer) return std::move(answer).error();
        return {};
      },
      [](const node::Event& event) { return std::holds_alternative<node::DhtChangedEvent>(event); });
}

}  // namespace ipop::ipop_ctl
