#include "state_watch.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "follow/node_follower.hpp"
#include "io/event_loop.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"
#include "io/resolver.hpp"
#include "io/system_clock.hpp"
#include "io/watched_process.hpp"
#include "node_connection.hpp"
#include "updates/trial_watch.hpp"

namespace ipop::ga_update {
namespace {

constexpr const char* role_in_a_pool = "/etc/ga/pool.toml";
constexpr Duration answer_limit = std::chrono::seconds(20);

class StateWatch {
 public:
  using OnWait = std::function<void(const std::string&)>;

  StateWatch(const updates::Wants& wants, Duration limit, const OnWait& on_wait)
      : on_wait_(on_wait), watch_(wants, limit), timer_(loop_, [this] {
          watch_.handle_timeout(io::monotonic_now());
          carry_out();
        }) {}

  Result<void> run(const std::vector<std::string>& sockets) {
    auto resolver = io::Resolver::open(loop_);
    if (!resolver) return std::move(resolver).error();
    resolver_.emplace(*std::move(resolver));
    nodes_.resize(sockets.size());
    watch_.begin(io::monotonic_now());
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      nodes_[i].follower = std::make_unique<follow::NodeFollower>(
          loop_, sockets[i],
          follow::NodeFollower::Handlers{[this, i](const node::StatusAnswer& status) { take(i, status); },
                                         {},
                                         [this, i](const Error&) { take(i, std::nullopt); }});
    }
    carry_out();
    if (!verdict_) loop_.run();
    if (verdict_->empty()) return {};
    return {Errc::conflict, *verdict_};
  }

 private:
  struct Node {
    std::unique_ptr<follow::NodeFollower> follower{};
    std::optional<node::StatusAnswer> status{};
  };

  void take(std::size_t index, std::optional<node::StatusAnswer> status) {
    nodes_[index].status = std::move(status);
    const bool all = std::ranges::all_of(nodes_, [](const Node& one) { return one.status && one.status->joined; });
    watch_.handle_node(io::monotonic_now(), all);
    carry_out();
  }

  /// Does what the watch puts out, and arms the timer.
  void carry_out() {
    while (const auto output = watch_.poll_output()) {
      std::visit(Overloaded{[this](const updates::TrialWatch::AskName&) { ask_names(); },
                            [this](const updates::TrialWatch::AskPool&) { ask_pool(); },
                            [this](const updates::TrialWatch::Content&) { end_with({}); },
                            [this](const updates::TrialWatch::GiveUp& up) { end_with(up.reason); }},
                 *output);
    }
    if (const std::string awaited = watch_.awaited(); !verdict_ && awaited != told_) {
      told_ = awaited;
      on_wait_(awaited);
    }
    if (const auto next = watch_.poll_timeout())
      timer_.arm(*next);
    else
      timer_.disarm();
  }

  void end_with(std::string verdict) {
    verdict_ = std::move(verdict);
    loop_.stop();
  }

  /// Each node's name must lead to its address.
  void ask_names() {
    ++round_;
    left_ = 0;
    are_right_ = true;
    for (const Node& one : nodes_) {
      if (!one.status || !one.status->address || one.status->names.empty()) {
        are_right_ = false;
        continue;
      }
      ++left_;
      const std::string name = one.status->names.back() + '.' + one.status->domain;
      resolver_->resolve(name, 0, [this, round = round_, address = *one.status->address](auto found) {
        if (round != round_) return;
        const bool is_right = found && std::ranges::any_of(*found, [&](const net::Endpoint& endpoint) {
                                return endpoint.ipv4() == address;
                              });
        are_right_ = are_right_ && is_right;
        if (--left_ == 0) take_names();
      });
    }
    // Not from within the output that asked.
    if (left_ == 0) loop_.post([this] { take_names(); });
  }
  void take_names() {
    watch_.handle_name(io::monotonic_now(), are_right_ && !nodes_.empty());
    carry_out();
  }

  void ask_pool() {
    auto started = io::WatchedProcess::start(loop_, {"condor_status", "-af", "Machine"}, answer_limit,
                                             [this](Result<io::ProcessResult> result) {
                                               const bool answers = result && result->status == 0;
                                               condor_.reset();
                                               watch_.handle_pool(io::monotonic_now(), answers);
                                               carry_out();
                                             });
    if (started) {
      condor_ = *std::move(started);
      return;
    }
    loop_.post([this] {
      watch_.handle_pool(io::monotonic_now(), false);
      carry_out();
    });
  }

  const OnWait& on_wait_;
  io::EventLoop loop_;
  updates::TrialWatch watch_;
  io::LoopTimer timer_;
  std::optional<io::Resolver> resolver_;
  std::vector<Node> nodes_;
  std::unique_ptr<io::WatchedProcess> condor_;
  std::optional<std::string> verdict_;  // empty: content
  std::string told_;
  std::size_t round_ = 0;  // of questions for names
  std::size_t left_ = 0;
  bool are_right_ = false;
};

}  // namespace

Result<void> wait_until_content(const Context& context, const updates::Wants& wants, Duration limit,
                                const std::function<void(const std::string&)>& on_wait) {
  std::vector<std::string> sockets;
  if (!context.options.socket.empty()) {
    sockets.push_back(context.options.socket);
  } else {
    const auto groups = io::group_names(context.groups);
    if (!groups) return groups.error();
    for (const std::string& group : *groups)
      sockets.push_back(tools::socket_of_group(group));
  }
  StateWatch watch(wants, limit, on_wait);
  return watch.run(sockets);
}

Result<updates::Wants> wants_of_machine(const Context& context) {
  const auto groups = io::group_names(context.groups);
  if (!groups) return groups.error();
  const bool has_node = !groups->empty();
  return updates::Wants{has_node, has_node, io::exists(role_in_a_pool)};
}

}  // namespace ipop::ga_update
