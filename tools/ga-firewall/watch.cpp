#include <csignal>
#include <utility>

#include "firewall/firewall_plan.hpp"
#include "io/event_loop.hpp"
#include "io/file.hpp"
#include "io/log_writer.hpp"
#include "io/nftables.hpp"
#include "io/nftables_monitor.hpp"
#include "io/service_notifier.hpp"
#include "io/system_clock.hpp"
#include "machine_plan.hpp"
#include "verbs.hpp"

namespace ipop::ga_firewall {
namespace {

using cli::ExitStatus;

// A restart of nftables.service takes the rules away and loads others a moment later: one look after both. Short
// enough that no job gets far.
constexpr Duration look_after = 200ms;

/// Keeps the rules in force while other programs change the packet filter.
class Watch {
 public:
  explicit Watch(const Context& context) : context_(context), log_(LogLevel::info), timer_(loop_, [this] { look(); }) {}

  ExitStatus run() {
    auto monitor = io::NftablesMonitor::open(loop_, [this] { timer_.arm(io::monotonic_now() + look_after); });
    if (!monitor) return report_error(context_, monitor.error());
    if (auto signals = loop_.on_signals({SIGINT, SIGTERM}, [this](int) { loop_.stop(); }); !signals)
      return report_error(context_, signals.error());
    look();
    if (status_ != ExitStatus::done || ended_) return status_;
    const auto notifier = io::ServiceNotifier::from_environment();
    notifier.ready();
    say(LogLevel::info, "watching the rules");
    loop_.run();
    notifier.stopping();
    return status_;
  }

 private:
  void look() {
    if (!io::exists(settings_file(context_))) return end("the settings are gone", ExitStatus::done);
    const auto present = io::read_nft_table(firewall::firewall_table);
    if (!present) return end(present.error().message(), report_error(context_, present.error()));
    if (in_force_ && *present == in_force_) return;
    put_back(*present);
  }

  /// The plan is made anew: `ga-firewall apply` may have changed the settings.
  void put_back(const std::optional<std::string>& present) {
    const auto made = make_machine_plan(context_);
    if (const auto* status = std::get_if<ExitStatus>(&made)) return end("no plan", *status);
    const std::string rules = firewall::to_nftables(std::get<MachinePlan>(made).plan);
    if (auto done = io::run_nft(firewall::replacing_transaction(rules)); !done)
      return end(done.error().message(), report_error(context_, done.error()));
    auto shown = io::read_nft_table(firewall::firewall_table);
    if (!shown) return end(shown.error().message(), report_error(context_, shown.error()));
    const bool is_first = !std::exchange(in_force_, *std::move(shown));
    if (!present) say(LogLevel::warning, "the rules were removed; loaded them again");
    if (present && *present != *in_force_)
      say(LogLevel::warning, "the rules were changed by another program; loaded them again");
    if (present == in_force_ && !is_first) say(LogLevel::info, "the settings were changed: their rules are in force");
  }

  void say(LogLevel level, std::string text) { log_.write(io::monotonic_now(), LogLine{level, std::move(text), {}}); }

  void end(const std::string& why, ExitStatus status) {
    say(status == ExitStatus::done ? LogLevel::info : LogLevel::error, "the watch ends: " + why);
    status_ = status;
    ended_ = true;
    loop_.stop();
  }

  const Context& context_;
  io::LogWriter log_;
  io::EventLoop loop_;
  io::LoopTimer timer_;
  std::optional<std::string> in_force_;  // as the kernel shows what this program loaded
  ExitStatus status_ = ExitStatus::done;
  bool ended_ = false;
};

}  // namespace

ExitStatus carry_out(const Context& context, const WatchRules& /*verb*/) {
  return Watch(context).run();
}

}  // namespace ipop::ga_firewall
