#include "collect.hpp"

#include "cli/progress.hpp"
#include "io/event_loop.hpp"
#include "io/text_fetches.hpp"
#include "node_answers.hpp"
#include "pings/ping_prober.hpp"
#include "pings/ping_words.hpp"

namespace ipop::ga_pingtest {
namespace {

// Logs on the way at one time: 64 MiB of memory at most.
constexpr std::size_t at_once = 16;
constexpr Duration fetch_time = 20s;

/// Fetches from one member after the other, `at_once` of them at a time.
class Collector {
 public:
  Collector(const Context& context, std::uint16_t port, const Members& members, pings::PingReport& report)
      : members_(members),
        port_(port),
        report_(report),
        progress_(context.streams),
        fetches_(loop_, max_served_octets, fetch_time,
                 [this](std::uint64_t number, Result<std::string> text) { take(number, std::move(text)); }) {}

  Collection run() {
    begin_more();
    loop_.run_until([this] { return next_ == members_.others.size() && fetches_.size() == 0; }, Duration::max() / 4);
    return collection_;
  }

 private:
  void begin_more() {
    while (next_ < members_.others.size() && fetches_.size() < at_once) {
      const Members::Other& other = members_.others[next_++];
      if (other.silent || !other.member.address) continue;
      ++collection_.asked;
      fetches_.begin(next_ - 1, net::Endpoint{*other.member.address, port_});
    }
    progress_.show("collecting logs: " + std::to_string(done_) + " of " + std::to_string(members_.others.size()) +
                   " ...");
  }

  void take(std::uint64_t number, Result<std::string> text) {
    const pings::PingMember& member = members_.others[number].member;
    ++done_;
    if (text) {
      report_.add(*text, member.id);
    } else {
      collection_.failed.push_back("no log from " + member_text(member) + ": " + text.error().code.message());
    }
    begin_more();
  }

  const Members& members_;
  std::uint16_t port_;
  pings::PingReport& report_;
  cli::Progress progress_;
  io::EventLoop loop_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
  Collection collection_;
  io::TextFetches fetches_;
};

}  // namespace

Result<Collection> collect_logs(const Context& context, std::uint16_t port, pings::PingReport& report) {
  auto client = daemon::ControlClient::connect(context.socket);
  if (!client) return client.error();
  const auto members = ask_members(*client, pings::PingProber::max_targets, context.options.node.timeout);
  if (!members) return members.error();
  return Collector(context, port, *members, report).run();
}

}  // namespace ipop::ga_pingtest
