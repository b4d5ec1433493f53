#include <csignal>
#include <map>
#include <memory>

#include "follow/node_follower.hpp"
#include "io/event_loop.hpp"
#include "io/system_clock.hpp"
#include "look.hpp"
#include "node_connection.hpp"
#include "views_output.hpp"

namespace ipop::ga {
namespace {

// Two first messages: a screen should not be long in coming.
constexpr Duration status_greeting_limit = 800ms;
// Events come in bursts; a screen a quarter of a second is more than enough to read.
constexpr Duration redraw_pause = 250ms;
// What no event of a node tells of: the pool, the firewall, requests.
constexpr Duration look_again_pause = 30s;

Look look_at_group(const Context& context, const std::string& group) {
  Look look = begin_look(context, group);
  if (group.empty()) return look;
  look_at_files(look);
  look_at_node(look);
  look_at_bootstrap(look, status_greeting_limit);
  look_at_uplink(look);
  look_at_lease_server(look);
  look_at_firewall(look);
  look_at_pool(look);
  look_at_authorities(look);
  return look;
}

Result<std::vector<std::string>> groups_or_none(const Context& context) {
  auto groups = groups_of_machine(context);
  if (groups && groups->empty()) groups->emplace_back();
  return groups;
}

/// The screen, again and again.
class Watch {
 public:
  explicit Watch(const Context& context)
      : context_(context), redraw_(loop_, [this] { draw(); }), look_again_(loop_, [this] {
          if (!look_at_all()) loop_.stop();
        }) {}

  cli::ExitStatus run() {
    const auto signals = loop_.on_signals({SIGINT, SIGTERM}, [this](int) { loop_.stop(); });
    if (!signals) {
      cli::complain(context_.streams, tool, signals.error().message());
      return cli::ExitStatus::no;
    }
    if (look_at_all()) loop_.run();
    return status_;
  }

 private:
  /// Every group that this machine has at present.
  void begin(const std::vector<std::string>& groups) {
    followers_.clear();
    looks_.clear();
    groups_ = groups;
    for (const std::string& group : groups_) {
      looks_.push_back(std::make_unique<Look>(begin_look(context_, group)));
      if (group.empty()) continue;
      Look& look = *looks_.back();
      const auto changed = [this, &look] {
        look_at_node(look);
        look_at_uplink(look);
        redraw_.arm(io::monotonic_now() + redraw_pause);
      };
      followers_.push_back(std::make_unique<follow::NodeFollower>(
          loop_, look.socket,
          follow::NodeFollower::Handlers{
              [changed](const node::StatusAnswer&) { changed(); }, {}, [changed](const Error&) { changed(); }}));
    }
  }

  /// False: it can't be seen which groups there are, which has been reported.
  bool look_at_all() {
    const auto groups = groups_or_none(context_);
    if (!groups) {
      status_ = report_unreadable(context_, groups.error());
      return false;
    }
    if (looks_.empty() || *groups != groups_) begin(*groups);
    for (auto& look : looks_)
      *look = look_at_group(context_, look->facts.group);
    look_again_.arm(io::monotonic_now() + look_again_pause);
    draw();
    return true;
  }

  void draw() {
    std::vector<GroupView> views;
    for (const auto& look : looks_)
      views.push_back(view_of(look->facts));
    const bool is_screen = context_.streams.out_is_terminal && !context_.streams.dumb_terminal;
    // Cursor to the first column of the first line, and everything behind it away (ECMA-48: CUP, ED).
    if (is_screen) context_.streams.out << "\x1b[H\x1b[2J";
    write_status(context_, views);
    if (!is_screen && !context_.options.output.json) context_.streams.out << '\n';
    context_.streams.out.flush();
    status_ = status_of_views(views);
    if (!context_.streams.out.good()) loop_.stop();
  }

  const Context& context_;
  io::EventLoop loop_;
  io::LoopTimer redraw_;
  io::LoopTimer look_again_;
  std::vector<std::string> groups_;
  std::vector<std::unique_ptr<Look>> looks_;
  std::vector<std::unique_ptr<follow::NodeFollower>> followers_;
  cli::ExitStatus status_ = cli::ExitStatus::done;
};

}  // namespace

cli::ExitStatus carry_out(const Context& context, const ShowStatus& verb) {
  if (verb.watch) return Watch(context).run();
  const auto groups = groups_or_none(context);
  if (!groups) return report_unreadable(context, groups.error());
  std::vector<GroupView> views;
  for (const std::string& group : *groups)
    views.push_back(view_of(look_at_group(context, group).facts));
  write_status(context, views);
  return status_of_views(views);
}

}  // namespace ipop::ga
