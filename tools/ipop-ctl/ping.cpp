#include <csignal>
#include <map>
#include <memory>

#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/rights.hpp"
#include "cli/text.hpp"
#include "follow/node_follower.hpp"
#include "io/event_loop.hpp"
#include "io/ping_socket.hpp"
#include "io/system_clock.hpp"
#include "io/system_rng.hpp"
#include "net/icmp.hpp"
#include "verbs.hpp"

namespace ipop::ipop_ctl {
namespace {

using cli::ExitStatus;

constexpr Duration ping_pause = 1s;
// A reply that takes longer than this is lost for whoever waits for it.
constexpr Duration reply_limit = 2s;
constexpr std::size_t ping_octets = 56;  // as ping(8)

/// How packets get to the node, as its own node says.
struct Way {
  std::string state{};    ///< direct, relayed, routed, unknown
  std::string through{};  ///< endpoint, or the member that passes packets on
  friend bool operator==(const Way&, const Way&) = default;
};

std::string to_text(const Way& way) {
  if (way.state == "direct") return "direct to " + way.through;
  if (way.through.empty()) return way.state;
  return way.state + " by " + way.through;
}

/// Pings one member once a second, and asks the node for the way at each reply.
class MemberPing {
 public:
  MemberPing(const Output& output, const std::string& socket, Duration limit, const PingNode& verb)
      : output_(output),
        socket_(socket),
        limit_(limit),
        verb_(verb),
        follower_(loop_, socket, {}),
        send_(loop_, [this] { send(); }),
        lose_(loop_, [this] { lose(); }) {}

  ExitStatus run() {
    if (auto signals = loop_.on_signals({SIGINT, SIGTERM}, [this](int) { is_ended_ = true; }); !signals)
      return report(signals.error());
    if (auto known = follower_.wait_until([this] { return follower_.status().has_value(); }, limit_); !known)
      return tools::report_node_error(output_.streams, tool, known.error(), socket_);
    const auto own = follower_.status()->address;
    if (!own) return report(make_error(make_error_code(Errc::not_found), "this node has no address to ping from"));
    learn_members();
    if (const auto found = find_target(); found != ExitStatus::done) return found;
    auto opened = io::PingSocket::open(*own, static_cast<std::uint16_t>(rng_.next()));
    if (!opened) return report_ping_socket(opened.error());
    pings_ = *std::move(opened);
    const io::ReadWatch watch(loop_, pings_->fd(), [this] { read(); });
    if (!is_machine_readable())
      output_.streams.out << "pinging " << cli::printable(name_) << " (" << to_string(address_) << "), "
                          << cli::printable(to_text(way_)) << std::endl;
    send();
    loop_.run_until([this] { return is_ended_ || !output_.streams.out.good(); }, Duration::max() / 4);
    return summarize();
  }

 private:
  [[nodiscard]] bool is_machine_readable() const { return output_.options.json || output_.options.plain; }

  ExitStatus report(const Error& error) {
    cli::complain(output_.streams, tool, error.message());
    return ExitStatus::no;
  }

  ExitStatus report_ping_socket(const Error& error) {
    cli::complain(output_.streams, tool, error.message());
    if (error.code == std::errc::permission_denied) {
      cli::suggest_root(output_.streams);
      return ExitStatus::permission;
    }
    if (error.code == std::errc::address_not_available) cli::suggest(output_.streams, "ga doctor");
    return ExitStatus::no;
  }

  /// One question, waited for.
  template <class Answer>
  Result<Answer> ask(const node::Command& command) {
    // The handler may be called after this function gave up.
    const auto answer = std::make_shared<std::optional<Result<node::Answer>>>();
    follower_.ask(command, [answer](Result<node::Answer> it) { *answer = std::move(it); });
    if (!loop_.run_until([&answer] { return answer->has_value(); }, limit_))
      return make_error(make_error_code(std::errc::timed_out), "no answer from the node");
    Result<node::Answer>& given = **answer;
    if (!given) return given.error();
    if (auto* wanted = std::get_if<Answer>(&*given)) return std::move(*wanted);
    return make_error(make_error_code(Errc::unsupported), "unexpected answer from the node");
  }

  void learn_members() {
    const auto members = ask<node::MembersAnswer>(node::MembersCommand{});
    if (!members) return;
    for (const node::MemberRow& member : members->members)
      members_[member.id] = member;
  }

  std::string name_of(const NodeId& id) const {
    const auto found = members_.find(id);
    return found == members_.end() || found->second.name.empty() ? to_short_string(id) : found->second.name;
  }

  ExitStatus find_target() {
    const auto why = ask<node::WhyAnswer>(node::WhyCommand{verb_.target});
    if (!why) {
      const ExitStatus status = tools::report_node_error(output_.streams, tool, why.error(), socket_);
      if (status == ExitStatus::no) cli::suggest(output_.streams, "ipop-ctl members" + tools::option_of_node(socket_));
      return status;
    }
    // A link knows its peer's address only once packets went over it.
    const auto member = members_.find(why->id);
    const auto address = why->address || member == members_.end() ? why->address : member->second.address;
    if (!address) {
      cli::complain(output_.streams, tool, why->reason.empty() ? verb_.target + " has no address" : why->reason);
      cli::suggest(output_.streams, "ipop-ctl members" + tools::option_of_node(socket_));
      return ExitStatus::no;
    }
    id_ = why->id;
    address_ = *address;
    name_ = name_of(id_);
    way_ = way_of(*why);
    return ExitStatus::done;
  }

  Way way_of(const node::WhyAnswer& why) const {
    const auto& connection = why.report.connection;
    if (why.state == "direct" && connection) return {why.state, to_string(connection->endpoint)};
    if (why.state == "relayed" && connection) return {why.state, name_of(connection->relay)};
    if (why.state == "routed" && why.report.next_hop) return {why.state, name_of(*why.report.next_hop)};
    return {why.state, {}};
  }

  void send() {
    if (verb_.count != 0 && sent_ >= verb_.count) return;
    const auto number = static_cast<std::uint16_t>(++sent_);
    waiting_[number] = io::monotonic_now();
    Bytes message;
    const Bytes data(ping_octets, std::byte{0x70});
    encode(net::IcmpEcho{false, pings_->identifier(), number, data}, message);
    pings_->send(address_, message);
    send_.arm(io::monotonic_now() + ping_pause);
    if (waiting_.size() == 1) lose_.arm(io::monotonic_now() + reply_limit);
  }

  void read() {
    for (const auto& message : pings_->receive()) {
      const auto echo = net::decode_icmp_echo(message.octets);
      if (!echo || !echo->is_reply || echo->identifier != pings_->identifier() || message.from != address_) continue;
      const auto asked = waiting_.find(echo->sequence_number);
      if (asked == waiting_.end()) continue;
      const Duration time = io::monotonic_now() - asked->second;
      waiting_.erase(asked);
      ++received_;
      tell_with_way(echo->sequence_number, std::chrono::duration_cast<std::chrono::microseconds>(time));
    }
  }

  /// The way is asked for when the reply has come: it then is the one that the packets took, or a better one.
  void tell_with_way(std::uint16_t number, std::chrono::microseconds time) {
    ++asking_;
    follower_.ask(node::WhyCommand{to_string(id_)}, [this, number, time](const Result<node::Answer>& answer) {
      --asking_;
      const auto* why = answer ? std::get_if<node::WhyAnswer>(&*answer) : nullptr;
      if (why != nullptr) take_way(way_of(*why));
      write_reply(number, time);
      end_if_done();
    });
  }

  void take_way(const Way& way) {
    if (way == way_) return;
    if (output_.options.json) {
      cli::JsonWriter json("ipop-ctl.ping/1");
      json.field("event", "way");
      json.field("at", io::wall_time_now().seconds);
      json.field("from", to_text(way_));
      json.field("to", to_text(way));
      output_.streams.out << json.text() << std::endl;
    } else if (!output_.options.plain) {
      output_.streams.out << cli::utc_text(io::wall_time_now()) << " way changed: " << cli::printable(to_text(way_))
                          << " -> " << cli::printable(to_text(way)) << std::endl;
    }
    way_ = way;
  }

  void write_reply(std::uint16_t number, std::optional<std::chrono::microseconds> time) {
    std::ostream& out = output_.streams.out;
    if (output_.options.json) {
      cli::JsonWriter json("ipop-ctl.ping/1");
      json.field("event", time ? "reply" : "lost");
      json.field("number", number);
      if (time)
        json.field("round_trip_us", time->count());
      else
        json.null("round_trip_us");
      json.field("way", way_.state);
      json.field("through", way_.through);
      out << json.text() << std::endl;
    } else if (output_.options.plain) {
      out << number << '\t' << (time ? std::to_string(time->count()) : "") << '\t' << way_.state << '\t'
          << cli::printable(way_.through) << std::endl;
    } else if (time) {
      out << number << "  " << cli::human_duration(*time) << "  " << cli::printable(to_text(way_)) << std::endl;
    } else {
      out << number << "  no reply within 2 s" << std::endl;
    }
  }

  void lose() {
    const TimePoint now = io::monotonic_now();
    while (!waiting_.empty() && waiting_.begin()->second + reply_limit <= now) {
      const std::uint16_t number = waiting_.begin()->first;
      waiting_.erase(waiting_.begin());
      write_reply(number, std::nullopt);
    }
    if (!waiting_.empty()) lose_.arm(waiting_.begin()->second + reply_limit);
    end_if_done();
  }

  void end_if_done() {
    if (verb_.count != 0 && sent_ >= verb_.count && waiting_.empty() && asking_ == 0) is_ended_ = true;
  }

  ExitStatus summarize() {
    // What is still on its way when somebody interrupts is not lost.
    const std::size_t counted = sent_ - waiting_.size();
    const std::size_t lost = counted - std::min(counted, received_);
    if (output_.options.json) {
      cli::JsonWriter json("ipop-ctl.ping/1");
      json.field("event", "end");
      json.field("sent", counted);
      json.field("received", received_);
      output_.streams.out << json.text() << '\n';
    } else if (!output_.options.plain) {
      output_.streams.out << counted << " sent, " << received_ << " received, " << lost << " lost ("
                          << (counted == 0 ? 0 : lost * 100 / counted) << " %)\n";
    }
    if (received_ > 0) return ExitStatus::done;
    if (counted > 0) cli::suggest(output_.streams, "ipop-ctl why " + verb_.target + tools::option_of_node(socket_));
    return ExitStatus::no;
  }

  const Output& output_;
  const std::string& socket_;
  Duration limit_;
  const PingNode& verb_;
  io::EventLoop loop_;
  io::SystemRng rng_;
  follow::NodeFollower follower_;
  io::LoopTimer send_;
  io::LoopTimer lose_;
  std::optional<io::PingSocket> pings_;
  std::map<NodeId, node::MemberRow> members_;
  NodeId id_{};
  net::Ipv4Address address_{};
  std::string name_;
  Way way_;
  std::map<std::uint16_t, TimePoint> waiting_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  std::size_t asking_ = 0;
  bool is_ended_ = false;
};

}  // namespace

ExitStatus ping_node(const Output& output, const std::string& socket, Duration limit, const PingNode& verb) {
  return MemberPing(output, socket, limit, verb).run();
}

}  // namespace ipop::ipop_ctl
