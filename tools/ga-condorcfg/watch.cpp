#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "announcer.hpp"
#include "condor/condor_program.hpp"
#include "condor_place.hpp"
#include "condor_service.hpp"
#include "condor_trial.hpp"
#include "flock_files.hpp"
#include "io/directory_changes.hpp"
#include "io/event_loop.hpp"
#include "io/file.hpp"
#include "io/log_writer.hpp"
#include "io/netlink.hpp"
#include "io/process.hpp"
#include "io/service_notifier.hpp"
#include "io/system_clock.hpp"
#include "kept_program.hpp"
#include "pool_files.hpp"
#include "pool_node.hpp"
#include "repeated_program.hpp"
#include "verbs.hpp"

namespace ipop::ga_condorcfg {
namespace {

using cli::ExitStatus;

// An address is changed by losing one lease and holding another: jobs need not leave for that.
constexpr Duration lease_grace = 5s;
// A node that is brought up to date or restarted is back by then.
constexpr Duration node_grace = 20s;
// A chosen name is held a moment after the address; without it HTCondor would be restarted for it.
constexpr Duration name_grace = 2s;
// After a configuration that could not be written: what is wrong is outside (disk, HTCondor's files).
constexpr Duration write_pause = 30s;

/// What HTCondor's configuration of this machine follows from, as far as it moves.
struct Place {
  net::Ipv4Address address{};
  std::string name{};
  pool::ManagerChoice choice{};
  friend bool operator==(const Place&, const Place&) = default;
};

/// Another verb of ga-condorcfg with the options of this one.
std::vector<std::string> own_command(const Options& options, const char* verb) {
  std::vector<std::string> out{options.program, "--file",       options.role_file, "--dir",
                               options.groups,  "--condor-dir", options.condor};
  if (!options.socket.empty()) out.insert(out.end(), {"--socket", options.socket});
  if (!options.state_directory.empty()) out.insert(out.end(), {"--state-dir", options.state_directory});
  out.emplace_back(verb);
  return out;
}

/// HTCondor while it follows the node.
class Watcher {
 public:
  Watcher(const Context& context, const WatchPool& verb, PoolFiles files)
      : context_(context),
        verb_(verb),
        files_(std::move(files)),
        service_(CondorService::make(loop_, verb.start, condor_paths(context).config,
                                     {[this] { take_stopped(); }, [this](const LogLine& line) { log(line); }})),
        node_(loop_, node_socket(context, files_),
              {[this](const node::StatusAnswer& status) { take_status(status); },
               [this](const node::DhtAnswer& answer) { take_managers(answer); }, [this] { take_lost(); },
               [this](const LogLine& line) { log(line); }}),
        announcer_(loop_, {[this](std::string text) { node_.announce(std::move(text)); },
                           [this](const LogLine& line) { log(line); }}),
        freer_(loop_, own_command(context.options, "gone"), [this](const LogLine& line) { log(line); }),
        priorities_(loop_, own_command(context.options, "priorities")),
        grace_(loop_, [this] { stop_condor(); }),
        again_(loop_, [this] { follow(); }),
        alive_(loop_, [this] { show_alive(); }) {}

  ExitStatus run() {
    io::harden_process();
    auto signals = loop_.on_signals({SIGINT, SIGTERM, SIGHUP, SIGCHLD}, [this](int number) { take_signal(number); });
    if (!signals) return report_file_error(context_, signals.error());
    auto monitor = io::AddressMonitor::open(loop_, [this] { follow(); });
    if (!monitor) return report_file_error(context_, monitor.error());
    const auto partners = watch_partners();
    service_->take_over();
    // One that an earlier process of ours left must not outlive a node that went meanwhile.
    if (service_->is_running()) grace_.arm(io::monotonic_now() + node_grace);
    notifier_.ready();
    show_alive();
    tell("waiting for the node");
    loop_.run();
    log({LogLevel::info, "stopped", {}});
    return ExitStatus::done;
  }

 private:
  void log(const LogLine& line) { writer_.write(io::monotonic_now(), line); }

  /// One line for `systemctl status`, and in the log when it differs.
  void tell(const std::string& state) {
    if (std::exchange(told_, state) == state) return;
    notifier_.status(state);
    log({LogLevel::info, state, {}});
  }

  /// What `flock accept` and `flock remove` do is followed as well.
  Result<io::DirectoryChanges> watch_partners() {
    const std::string directory = flock_directory(context_);
    auto made = io::make_directories(directory, 0755);
    auto changes = made ? io::DirectoryChanges::watch(loop_, directory, [this] { read_files(); })
                        : Result<io::DirectoryChanges>(made.error());
    if (!changes)
      log({LogLevel::warning,
           "other groups' pools are read only at a reload",
           {{"reason", changes.error().message()}}});
    return changes;
  }

  void take_signal(int number) {
    if (number == SIGCHLD) {
      service_->handle_child();
      freer_.handle_child();
      return priorities_.handle_child();
    }
    if (number == SIGHUP) return read_files();
    if (std::exchange(is_ending_, true)) return;
    notifier_.stopping();
    announcer_.withdraw();
    freer_.stop();
    priorities_.stop();
    grace_.disarm();
    again_.disarm();
    service_->stop();
  }

  void take_stopped() {
    tell("HTCondor is stopped");
    if (is_ending_) loop_.stop();
  }

  void read_files() {
    auto loaded = load_pool_files(context_);
    auto* files = std::get_if<PoolFiles>(&loaded);
    if (files == nullptr) return log({LogLevel::error, "the files are wrong; keeping the previous configuration", {}});
    files_ = std::move(*files);
    freer_.stop();
    is_changed_ = true;
    daemons_changed_ = true;
    if (answer_) take_managers(*answer_);
    follow();
  }

  void take_status(const node::StatusAnswer& status) {
    // A node that has just begun takes its time for a lease.
    const bool is_first = !std::exchange(status_, status);
    if (status.address) {
      grace_.disarm();
    } else if (!is_first && service_->is_running()) {
      tell("the lease is lost");
      grace_.arm(io::monotonic_now() + lease_grace);
    }
    choose();
    follow();
  }

  void take_lost() {
    named_address_.reset();
    if (service_->is_running()) grace_.arm(io::monotonic_now() + node_grace);
  }

  void take_managers(const node::DhtAnswer& answer) {
    answer_ = answer;
    managers_ = managers_of(answer, files_);
    choose();
    follow();
  }

  void choose() {
    if (!status_ || !status_->address || (!managers_ && !files_.settings.manager)) return;
    const auto known = managers_.value_or(std::vector<pool::KnownManager>());
    auto choice = pool::choose_manager(known, files_.settings, *status_->address);
    if (!choice) {
      choice_.reset();
      return tell(context_.options.role_file + ": " + choice.error().context);
    }
    // While no manager is announced the last one may come back.
    if (choice->manager || !choice_) choice_ = *std::move(choice);
  }

  /// Brings HTCondor to what the node's state wants.
  void follow() {
    if (is_ending_ || !status_ || !status_->address || !choice_) return;
    if (!choice_->manager) return tell("no manager is announced; waiting for one");
    const Place wanted{*status_->address, status_->names.empty() ? "" : status_->names.back(), *choice_};
    if (place_ == wanted && !is_changed_) return;
    // HTCondor's daemons end themselves when no interface has the address.
    if (!is_on_interface(wanted.address)) return tell("waiting for the address on an interface");
    if (lacks_name(wanted)) return again_.arm(name_end_);
    const auto changed = write(wanted);
    if (!changed) return again_.arm(io::monotonic_now() + write_pause);
    // Nothing is known of what one that was there before us has read.
    const bool was_running = place_.has_value();
    const bool moved = was_running && (place_->address != wanted.address || place_->name != wanted.name);
    place_ = wanted;
    is_changed_ = false;
    // Sockets, names and the list of daemons stay as they were until a restart.
    if (files_.settings.is_manager && (!was_running || moved || daemons_changed_)) announcer_.expect_start();
    if (!was_running)
      service_->start(*changed);
    else if (moved || daemons_changed_)
      service_->restart();
    else
      service_->reload();
    daemons_changed_ = false;
    if (files_.settings.is_submit) freer_.start();
    log({LogLevel::info,
         !was_running ? "HTCondor starts"
         : moved      ? "HTCondor restarts"
                      : "HTCondor reloads its configuration",
         {{"ip", to_string(wanted.address)}, {"manager", to_string(*wanted.choice.manager)}}});
    tell("in the pool of " + to_string(*wanted.choice.manager) + " as " + to_string(wanted.address));
    announce();
    // Another manager is there, or this one is it.
    priorities_.start();
  }

  /// Whether the machine's chosen name may still come.
  bool lacks_name(const Place& wanted) {
    if (status_->names.size() != 1) return false;
    const TimePoint now = io::monotonic_now();
    if (std::exchange(named_address_, wanted.address) != wanted.address) name_end_ = now + name_grace;
    return now < name_end_;
  }

  /// Whether it differs from what was there; nothing when it could not be written.
  std::optional<bool> write(const Place& wanted) {
    const auto machine = make_machine(context_, files_, *status_, wanted.choice);
    auto text = machine ? to_condor_config(*machine) : Result<std::string>(machine.error());
    auto tried = text ? try_config(context_, *text) : Result<void>(text.error());
    const auto written = tried ? write_condor_files(context_, files_, *text) : Result<bool>(tried.error());
    if (written) return *written;
    tell("the configuration was not written: " + written.error().context);
    return {};
  }

  static bool is_on_interface(net::Ipv4Address address) {
    const auto all = io::list_addresses();
    return !all || std::ranges::any_of(*all, [&](const io::InterfaceAddress& it) {
      const auto* const own = std::get_if<net::Ipv4Address>(&it.address);
      return own != nullptr && *own == address;
    });
  }

  void announce() {
    if (!files_.settings.is_manager || !verb_.announce) return announcer_.withdraw();
    announcer_.announce({machine_name(), place_->address, {}, files_.settings.pool},
                        managers_.value_or(std::vector<pool::KnownManager>()), status_->id);
  }

  [[nodiscard]] std::string machine_name() const {
    std::string out = place_->name;
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
  }

  void stop_condor() {
    place_.reset();
    announcer_.withdraw();
    freer_.stop();
    priorities_.stop();
    service_->stop();
  }

  void show_alive() {
    if (!notifier_.watchdog()) return;
    notifier_.alive();
    alive_.arm(io::monotonic_now() + *notifier_.watchdog() / 2);
  }

  const Context& context_;
  const WatchPool& verb_;
  PoolFiles files_;
  io::EventLoop loop_;
  io::LogWriter writer_{LogLevel::info};
  io::ServiceNotifier notifier_ = io::ServiceNotifier::from_environment();
  std::unique_ptr<CondorService> service_;
  PoolNode node_;
  Announcer announcer_;
  KeptProgram freer_;  // of jobs whose workers are gone
  RepeatedProgram priorities_;
  std::optional<node::StatusAnswer> status_;
  std::optional<node::DhtAnswer> answer_;
  std::optional<std::vector<pool::KnownManager>> managers_;
  std::optional<pool::ManagerChoice> choice_;
  std::optional<Place> place_;                     // what is written, and runs by our word
  std::optional<net::Ipv4Address> named_address_;  // whose name was waited for, until name_end_
  TimePoint name_end_{};
  std::string told_;
  bool is_changed_ = false;
  bool daemons_changed_ = false;
  bool is_ending_ = false;
  io::LoopTimer grace_;
  io::LoopTimer again_;
  io::LoopTimer alive_;
};

}  // namespace

ExitStatus carry_out(const Context& context, const WatchPool& verb) {
  auto loaded = load_pool_files(context);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  if (const auto version = condor::run_condor({"condor_version"}); !version && verb.start.empty())
    return report_condor_error(context, version.error());
  return Watcher(context, verb, std::get<PoolFiles>(std::move(loaded))).run();
}

}  // namespace ipop::ga_condorcfg
