#include <algorithm>
#include <csignal>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "cli/human.hpp"
#include "cli/progress.hpp"
#include "cli/rights.hpp"
#include "io/appended_file.hpp"
#include "io/event_loop.hpp"
#include "io/file.hpp"
#include "io/ping_socket.hpp"
#include "io/system_clock.hpp"
#include "io/system_rng.hpp"
#include "node_answers.hpp"
#include "pings/ping_prober.hpp"
#include "pings/ping_words.hpp"
#include "run_output.hpp"
#include "verbs.hpp"

namespace ipop::ga_pingtest {
namespace {

using cli::ExitStatus;
using pings::PingMember;
using pings::PingPath;
using pings::PingProber;
using pings::PingResult;

constexpr auto progress_pause = std::chrono::milliseconds(200);

/// One run, from its start to its end or to a signal.
class Run {
 public:
  Run(const Context& context, const RunPings& verb) : context_(context), verb_(verb), progress_(context.streams) {}

  ExitStatus carry_out() {
    if (auto watched = loop_.on_signals({SIGINT, SIGTERM, SIGHUP}, [this](int) { interrupted_ = true; }); !watched)
      return fail(watched.error());
    if (!wait_for_start()) return report_interrupted();
    auto log = open_log();
    if (!log) return report_log(log.error());
    auto client = daemon::ControlClient::connect(context_.socket);
    if (!client) return tools::report_node_error(context_.streams, tool, client.error(), context_.socket);
    progress_.show("looking for members ...");
    const auto members = ask_members(*client, verb_.limit, context_.options.node.timeout);
    progress_.clear();
    if (!members) return tools::report_node_error(context_.streams, tool, members.error(), context_.socket);

    const WallTime began = io::wall_time_now();
    auto socket = io::PingSocket::open(*members->self.address, static_cast<std::uint16_t>(rng_.next()));
    if (!socket) return report_socket(socket.error());
    const auto tallies = ping(*socket, *members);
    if (!tallies) return report_interrupted();
    const auto results = results_of(began, *members, *tallies, *client);
    std::string text;
    for (const PingResult& result : results)
      text += to_line(result);
    const auto logged = log->append(text);
    write_run(context_, {began, *members}, results);
    if (!logged) {
      cli::complain(context_.streams, tool, "the run was not logged: " + logged.error().message());
      return ExitStatus::partly;
    }
    if (!members->complete) {
      cli::complain(context_.streams, tool,
                    "members were left out: there are more than --limit, or the ring is being repaired");
      return ExitStatus::partly;
    }
    const bool lost = std::ranges::any_of(results, [](const auto& r) { return r.pinged && r.received == 0; });
    const bool missing = std::ranges::any_of(members->gone, [](const auto& r) { return r.why == node::Absence::lost; });
    return lost || missing ? ExitStatus::no : ExitStatus::done;
  }

 private:
  ExitStatus fail(const Error& error) {
    progress_.clear();
    cli::complain(context_.streams, tool, error.message());
    return ExitStatus::no;
  }

  ExitStatus report_interrupted() {
    progress_.clear();
    cli::complain(context_.streams, tool, "interrupted: this run is not logged");
    return ExitStatus::no;
  }

  /// False: interrupted.
  bool wait_for_start() {
    if (verb_.spread.count() == 0) return true;
    const auto seconds = std::chrono::seconds(rng_.below(static_cast<std::uint64_t>(verb_.spread.count())));
    progress_.show("the run starts at " + cli::utc_text(io::wall_time_now() + seconds) + " ...");
    const bool stopped = loop_.run_until([this] { return interrupted_; }, seconds);
    progress_.clear();
    return !stopped;
  }

  /// The group's own directory is made where it is missing; of another path it is not.
  [[nodiscard]] Result<io::AppendedFile> open_log() const {
    if (context_.options.log.empty()) {
      if (auto made = io::make_directories(log_directory, 0755); !made) return made.error();
    }
    return io::AppendedFile::open(context_.log, max_log_octets);
  }

  ExitStatus report_log(const Error& error) {
    const bool busy = error.code == std::errc::device_or_resource_busy;
    cli::complain(context_.streams, tool,
                  busy ? "another run is in progress: " + context_.log + " is in use" : error.message());
    const ExitStatus status = tools::status_of(error);
    if (status != ExitStatus::permission) return ExitStatus::no;
    cli::suggest_root(context_.streams);
    cli::suggest(context_.streams, "the same command with --log FILE");
    return status;
  }

  ExitStatus report_socket(const Error& error) {
    if (error.code == std::errc::permission_denied) {
      cli::complain(context_.streams, tool,
                    "no permission to ping: neither CAP_NET_RAW nor net.ipv4.ping_group_range allows it");
      cli::suggest_root(context_.streams);
      cli::suggest(context_.streams,
                   "sysctl -w net.ipv4.ping_group_range=\"0 2147483647\"  # as root: everybody may ping");
      return ExitStatus::permission;
    }
    if (error.code == std::errc::address_not_available) {
      cli::complain(context_.streams, tool, error.message() + ": no interface has the address that the node leased");
      cli::suggest(context_.streams,
                   "ipop-ctl status, then configure that interface, or start ipop-node with --configure");
      return ExitStatus::no;
    }
    return fail(error);
  }

  /// None: interrupted.
  std::optional<std::map<net::Ipv4Address, PingProber::Tally>> ping(io::PingSocket& socket, const Members& members) {
    std::set<net::Ipv4Address> addresses;
    for (const Members::Other& other : members.others)
      if (other.member.address && !other.silent) addresses.insert(*other.member.address);
    const std::vector<net::Ipv4Address> targets(addresses.begin(), addresses.end());
    const PingProber::Settings settings{verb_.rate, std::chrono::seconds(1), verb_.wait};
    PingProber prober(io::monotonic_now(), targets, socket.identifier(), settings, rng_);
    io::LoopTimer timer(loop_, [&] {
      prober.handle_timeout(io::monotonic_now());
      drain(socket, prober, timer);
    });
    const io::ReadWatch watch(loop_, socket.fd(), [&] {
      const TimePoint now = io::monotonic_now();
      for (const auto& message : socket.receive())
        prober.handle_message(now, message.from, message.octets);
      drain(socket, prober, timer);
    });
    drain(socket, prober, timer);
    // The prober ends by itself: its last wait is bounded.
    loop_.run_until([&] { return interrupted_ || prober.done(); }, Duration::max() / 4);
    progress_.clear();
    if (interrupted_) return std::nullopt;
    std::map<net::Ipv4Address, PingProber::Tally> out;
    for (const PingProber::Tally& tally : prober.tallies())
      out[tally.address] = tally;
    return out;
  }

  void drain(io::PingSocket& socket, PingProber& prober, io::LoopTimer& timer) {
    while (const auto output = prober.poll_output())
      socket.send(output->to, output->message);
    if (const auto next = prober.poll_timeout()) timer.arm(*next);
    const TimePoint now = io::monotonic_now();
    if (shown_ && now - *shown_ < progress_pause) return;
    shown_ = now;
    progress_.show("pinging: " + std::to_string(prober.sent()) + " of " + std::to_string(prober.planned()) + " sent, " +
                   std::to_string(prober.received()) + " replies ...");
  }

  std::vector<PingResult> results_of(WallTime began, const Members& members,
                                     const std::map<net::Ipv4Address, PingProber::Tally>& tallies,
                                     daemon::ControlClient& client) {
    const Duration timeout = context_.options.node.timeout;
    const auto links = ask_links(client, timeout);
    // A node that is gone meanwhile does not take the results with it.
    bool node_answers = links.has_value();
    std::vector<PingResult> out;
    for (const Members::Other& other : members.others) {
      PingResult result{began, members.self, other.member, false, 0, std::nullopt, PingPath::silent, {}};
      const auto tally = other.member.address && !other.silent ? tallies.find(*other.member.address) : tallies.end();
      if (tally != tallies.end()) {
        result.pinged = true;
        result.received = tally->second.received;
        result.round_trips = tally->second.round_trips;
        const auto link = links ? links->find(other.member.id) : std::map<NodeId, Route>::const_iterator{};
        result.path = !links ? PingPath::unknown : link == links->end() ? PingPath::routed : link->second.path;
        if (result.received < pings::pings_a_run && node_answers) {
          const auto why = ask_why(client, other.member.id, timeout);
          node_answers = why.has_value();
          if (why) std::tie(result.path, result.reason) = std::pair(why->path, why->reason);
        }
      } else if (!other.silent) {
        result.path = PingPath::no_address;
      }
      out.push_back(std::move(result));
    }
    return out;
  }

  const Context& context_;
  const RunPings& verb_;
  cli::Progress progress_;
  io::EventLoop loop_;
  io::SystemRng rng_;
  bool interrupted_ = false;
  std::optional<TimePoint> shown_;
};

}  // namespace

ExitStatus carry_out(const Context& context, const RunPings& verb) {
  return Run(context, verb).carry_out();
}

}  // namespace ipop::ga_pingtest
